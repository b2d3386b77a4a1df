/**
 * One program of a local cluster as a child process: its log file, its ready line, its end.
 *
 * Children are in sessions of their own, so that Ctrl-C on a terminal reaches only their parent, which ends
 * them in order; the guard ends them if the parent cannot.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { LyceumError } from '@lyceum/proto';
import { sleep } from '@lyceum/proto/node';
import { z } from 'zod';
import type { Guard } from './guard-process.js';
import { yieldCores } from './yield-cores.js';

/** TensorFlow's library alone takes seconds to load on a busy machine. */
const READY_MAX_MS = 120_000;

/** From SIGTERM to SIGKILL. Programs drain within 10 s. */
const STOP_GRACE_MS = 15_000;

const LOG_TAIL_LINES = 8;

/** What each program prints on stdout once it is ready. */
const readyLine = z.object({
  program: z.string(),
  address: z.string().optional(),
  http: z.string().optional(),
  workerId: z.string().optional(),
});

export type ReadyLine = z.output<typeof readyLine>;

export interface ChildProgramOptions {
  /** What messages call it: `coordinator`, or a worker's id. */
  readonly name: string;
  /** Run by this process' own Node. */
  readonly file: string;
  readonly args: readonly string[];
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** It takes only what others leave of the cores. */
  readonly yields: boolean;
  /** Its stderr is appended here. */
  readonly logFile: string;
  readonly guard: Guard;
  /** Gives up waiting until it is ready. */
  readonly signal: AbortSignal;
}

export class ChildProgram {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly ready: ReadyLine;
  /** How it ended, in words: `exit code 1`, `SIGKILL`. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;

  private constructor(
    options: ChildProgramOptions,
    process: ChildProcess,
    exited: Promise<string>,
    ready: ReadyLine,
  ) {
    this.name = options.name;
    this.pid = process.pid ?? 0;
    this.logFile = options.logFile;
    this.ready = ready;
    this.exited = exited;
    this.#process = process;
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @throws {LyceumError} UNAVAILABLE, with the end of its log, if it is not; it does not run then.
   */
  static async start(options: ChildProgramOptions): Promise<ChildProgram> {
    const { name, file, args, nodeArgs = [], env, yields, logFile, guard, signal } = options;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [...nodeArgs, file, ...args], {
      env,
      stdio: ['ignore', 'pipe', log],
      detached: true,
    });
    closeSync(log);
    if (yields && child.pid !== undefined) yieldCores(child.pid);
    const exited = exitOf(child, guard);
    const waiting = new AbortController();
    try {
      const line = await Promise.race([
        firstLineOf(child),
        exited.then((how) => `it ended (${how}) before it was ready`),
        sleep(READY_MAX_MS, AbortSignal.any([signal, waiting.signal])).then(() =>
          signal.aborted
            ? 'starting was given up'
            : `it was not ready within ${READY_MAX_MS / 1000} s`,
        ),
      ]);
      const ready = parseReadyLine(line);
      if (ready !== undefined) return new ChildProgram(options, child, exited, ready);
      child.kill('SIGKILL');
      await exited;
      throw new LyceumError(
        'UNAVAILABLE',
        `${name} did not start: ${line}; the end of ${logFile}:\n${tailOf(logFile)}`,
      );
    } finally {
      waiting.abort();
    }
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** SIGTERM, and SIGKILL if that does not end it. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The last lines of its log, indented. */
  logTail(): string {
    return tailOf(this.logFile);
  }
}

function exitOf(child: ChildProcess, guard: Guard): Promise<string> {
  const { pid } = child;
  if (pid !== undefined) guard.watch(pid);
  return new Promise((resolve) => {
    child.once('error', (err) => resolve(err.message));
    child.once('exit', (code, signal) => {
      if (pid !== undefined) guard.forget(pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });
}

/** Never settles if there is none. Later lines are read and dropped, or the child would block on a full pipe. */
function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', resolve);
  });
}

function parseReadyLine(line: string): ReadyLine | undefined {
  try {
    return readyLine.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** A log that somebody removed has no end to show; that must not hide why it was wanted. */
function tailOf(logFile: string): string {
  let text = '';
  try {
    text = readFileSync(logFile, 'utf8');
  } catch (err) {
    text = `cannot be read: ${err instanceof Error ? err.message : String(err)}`;
  }
  return text
    .trimEnd()
    .split('\n')
    .slice(-LOG_TAIL_LINES)
    .map((line) => `  ${line}`)
    .join('\n');
}
