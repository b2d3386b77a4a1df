/** The compiled command line on a real pseudo-terminal, which Python opens. */
import { spawn, spawnSync } from 'node:child_process';
import { CLI_FILE } from './cli-process.js';

/** Arguments: JSON of answers and of the text at which Ctrl-C is pressed, then the program. */
const TERMINAL = `
import json, os, pty, re, sys
told = json.loads(sys.argv[1])
answers, until = [a.encode() for a in told['answers']], told['until'].encode()
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
import fcntl, struct, termios
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
seen, line = b'', b''
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    line += re.sub(rb'\\x1b\\[[0-9;]*[A-Za-z]', b'', part)
    if answers and line.endswith(b': '):
        os.write(fd, answers.pop(0) + b'\\r')
        line = b''
    if until and until in seen:
        os.write(fd, b'\\x03')
        until = b''
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Variables by which Node decides about colours; the environment of the tests may have them. */
const ABOUT_COLOURS = ['CI', 'COLORTERM', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'NO_COLOR', 'TMUX'];

export const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0;

interface TerminalOptions {
  /** Answers to the questions, in their order. */
  readonly answers?: readonly string[];
  /** Ctrl-C is pressed as soon as this is shown. */
  readonly until?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function onTerminal(
  address: string,
  args: readonly string[],
  { answers = [], until = '', env = {} }: TerminalOptions,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const told = JSON.stringify({ answers, until });
  const inherited = Object.entries(process.env).filter(([name]) => !ABOUT_COLOURS.includes(name));
  const child = spawn('python3', ['-c', TERMINAL, told, process.execPath, CLI_FILE, ...args], {
    env: { ...Object.fromEntries(inherited), LYCEUM_COORDINATOR: address, TERM: 'xterm', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
