/** Runs a program with a time limit, and returns its output and how it ended. */
import { spawn } from 'node:child_process';

export interface ChildOptions {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Variables that are added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether to show the program's stderr as it comes. */
  readonly isShown?: boolean;
}

export interface ChildEnd {
  /** Lines of stdout, without empty lines and without a last line that was not finished. */
  readonly lines: readonly string[];
  /** The end of stderr. */
  readonly stderr: string;
  /** How the program ended, with its last lines; undefined: it ended with 0. */
  readonly problem: string | undefined;
}

/** Time for a program to end its cluster; then the program is killed. */
const TERMINATION_MS = 20_000;
const KEPT_CHARACTERS = 16_384;
const LAST_LINES = 3;

/** @throws the signal's reason, when the process is gone. */
export async function runChild(args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const { signal, limitMs, env, isShown = false } = options;
  signal.throwIfAborted();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
    if (isShown) process.stderr.write(text);
  });
  const timedOut = AbortSignal.timeout(limitMs);
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killing ??= setTimeout(() => {
      child.kill('SIGKILL');
      // A process that the program started may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
    }, TERMINATION_MS);
  };
  for (const reason of [signal, timedOut]) reason.addEventListener('abort', stop, { once: true });
  const ended = await new Promise<string | undefined>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, killedBy) => {
      if (killedBy !== null) resolve(`was killed by ${killedBy}`);
      else resolve(code === 0 ? undefined : `ended with ${code}`);
    });
  });
  clearTimeout(killing);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const how = timedOut.aborted ? `took longer than ${limitMs / 1000} s` : ended;
  const said = linesOf(stderr).slice(-LAST_LINES);
  return {
    lines: linesOf(stdout.slice(0, stdout.lastIndexOf('\n') + 1)),
    stderr,
    problem: how === undefined ? undefined : [how, ...said].join(': '),
  };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
