/** A reader's shell: one bash for all commands, so that aliases, variables and the folder stay. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

const POLL_MS = 50;
/** Milliseconds in which a program must end. A cluster ends in seconds; a test must end in any case. */
const ENDING_MS = 60_000;

interface Result {
  readonly code: number;
  readonly output: string;
}

/** A program that runs until Ctrl-C. */
export interface Staying {
  /** Id of the process, and of its group. */
  readonly processId: number;
  /** Output until the program was ready. */
  readonly printed: string;
}

export class PageShell {
  readonly #bash: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #logs: string;
  /** The process groups of programs that run until Ctrl-C. */
  readonly #programs: number[] = [];
  #count = 0;

  /** @param logs - a folder for what commands print. */
  constructor(folder: string, logs: string, env: NodeJS.ProcessEnv) {
    this.#bash = spawn('bash', ['--norc'], { cwd: folder, env, detached: true });
    this.#answers = createInterface({ input: this.#bash.stdout })[Symbol.asyncIterator]();
    this.#bash.stderr.resume();
    this.#logs = logs;
    this.#bash.stdin.write('shopt -s expand_aliases\n');
  }

  /** Runs a command, without a terminal for its input. */
  async run(command: string): Promise<Result> {
    const log = this.#nextLog();
    const code = await this.#ask(
      `eval ${quoted(command)} </dev/null >${quoted(log)} 2>&1; echo $?`,
    );
    return { code: Number(code), output: await readFile(log, 'utf8') };
  }

  /** Starts a program that stays. @throws if it ends before it is ready. */
  async start(command: string, isReady: RegExp): Promise<Staying> {
    const log = this.#nextLog();
    const started = `eval ${quoted(command)} </dev/null >${quoted(log)} 2>&1 &`;
    const processId = Number(await this.#ask(`set -m\n${started}\nset +m; echo $!`));
    this.#programs.push(processId);
    for (;;) {
      // Some programs print colours in CI.
      const output = stripVTControlCharacters(await readFile(log, 'utf8').catch(() => ''));
      if (isReady.test(output)) return { processId, printed: output };
      if (!isThere(-processId)) throw new Error(`${command} has ended:\n${output}`);
      await sleep(POLL_MS);
    }
  }

  /** Ends a program, as Ctrl-C does. */
  async stop(processId: number): Promise<void> {
    signal(-processId, 'SIGINT');
    const deadline = Date.now() + ENDING_MS;
    while (isThere(-processId) && Date.now() < deadline) await sleep(POLL_MS);
    signal(-processId, 'SIGKILL');
  }

  /** Ends the running programs, the last one first. */
  async close(): Promise<void> {
    for (const processId of this.#programs.reverse()) await this.stop(processId);
    signal(-(this.#bash.pid ?? 0), 'SIGKILL');
  }

  async #ask(line: string): Promise<string> {
    this.#bash.stdin.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the shell has ended');
    return value;
  }

  #nextLog(): string {
    this.#count += 1;
    return join(this.#logs, `${this.#count}.log`);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function isThere(processId: number): boolean {
  return signal(processId, 0);
}

/** @returns whether there was such a process, or group. */
function signal(processId: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(processId, name);
  } catch {
    return false;
  }
}
