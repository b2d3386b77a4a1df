/**
 * One program of a local cluster as a child process: its log file, its ready line, its end.
 *
 * Children are in sessions of their own, so that Ctrl-C on a terminal reaches only their parent, which ends them in
 * order; the guard ends them if the parent cannot. Signals go to the child alone, not to its group: a child starts
 * only processes that end at once, `nvidia-smi` and `flock`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  makeFolder,
  processorMsOf,
  SILENCE_MAX_MS,
  StartPatience,
  sleep,
  withPath,
} from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { endText } from './end-text.js';
import type { Guard } from './guard-process.js';
import { LogOfStart } from './log-of-start.js';
import { yieldCores } from './yield-cores.js';

/** Time between two looks at a program that is starting. */
const LOOK_EVERY_MS = 500;

/** A start that takes longer is logged: first after this time, then each time the waiting time has doubled. */
const TELL_AFTER_MS = 5_000;

/** From SIGTERM to SIGKILL: more than a worker takes, which drains within 10 s and ends within 20 s. */
const STOP_GRACE_MS = 25_000;

/** The line that each program prints on stdout once it is ready. */
const readyLine = z.object({
  program: z.string(),
  address: z.string().optional(),
  http: z.string().optional(),
  workerId: z.string().optional(),
});

export type ReadyLine = z.output<typeof readyLine>;

export interface ChildProgramOptions {
  /** Name of the program in messages: `coordinator`, or `teacher worker` and its id. */
  readonly name: string;
  /** The program's JavaScript file, run by the Node of this process. */
  readonly file: string;
  readonly args: readonly string[];
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether the program, once it is ready, yields the cores to others. */
  readonly yields: boolean;
  /** File to which the program's stderr is appended. */
  readonly logFile: string;
  readonly guard: Guard;
  /** Called with a line about a start that takes long. */
  readonly log?: (line: string) => void;
  /** How long the program may do nothing before it is ready; default {@link SILENCE_MAX_MS}. */
  readonly maxSilenceMs?: number;
  /** Aborts the start. */
  readonly signal: AbortSignal;
}

export class ChildProgram {
  readonly name: string;
  readonly pid: number;
  readonly ready: ReadyLine;
  /** How the program ended, in words: `exit code 1`, `SIGTERM`. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;
  readonly #log: LogOfStart;

  private constructor(
    options: ChildProgramOptions,
    log: LogOfStart,
    process: ChildProcess,
    exited: Promise<string>,
    ready: ReadyLine,
  ) {
    this.name = options.name;
    this.pid = process.pid ?? 0;
    this.ready = ready;
    this.exited = exited;
    this.#log = log;
    this.#process = process;
  }

  /**
   * Starts the program and waits until it is ready. The wait has no limit as long as the program does something.
   *
   * @throws {LyceumError} UNAVAILABLE, with the end of the log, if the program does not get ready; it is killed then.
   */
  static async start(options: ChildProgramOptions): Promise<ChildProgram> {
    const { name, file, args, nodeArgs = [], env, yields, logFile, guard, signal } = options;
    await makeFolder(path.dirname(logFile));
    const logFd = await withPath('write the log', logFile, () => openSync(logFile, 'a'));
    const log = new LogOfStart(logFile, fstatSync(logFd).size);
    const child = spawn(process.execPath, [...nodeArgs, file, ...args], {
      env,
      stdio: ['ignore', 'pipe', logFd],
      detached: true,
    });
    closeSync(logFd);
    const exited = exitOf(child, guard);
    const waiting = new AbortController();
    try {
      const line = await Promise.race([
        firstLineOf(child),
        exited.then((how) => `it ended (${how}) before it was ready`),
        untilStuck(options, child, log, AbortSignal.any([signal, waiting.signal])),
      ]);
      const ready = parseReadyLine(line);
      if (ready !== undefined) {
        if (yields && child.pid !== undefined) yieldCores(child.pid);
        return new ChildProgram(options, log, child, exited, ready);
      }
      child.kill('SIGKILL');
      await exited;
      throw new LyceumError('UNAVAILABLE', `${name} did not start: ${line}; ${log.end()}`);
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

  /** Sends SIGTERM, and SIGKILL if that does not end the program in time. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The end of the program's log, for a message. */
  logEnd(): string {
    return this.#log.end();
  }
}

function exitOf(child: ChildProcess, guard: Guard): Promise<string> {
  const { pid } = child;
  if (pid !== undefined) guard.watch(pid);
  return new Promise((resolve) => {
    child.once('error', (err) => resolve(err.message));
    child.once('exit', (code, signal) => {
      if (pid !== undefined) guard.forget(pid);
      resolve(endText(code, signal));
    });
  });
}

/** Never settles without a line. Later lines are read and dropped: the child would block on a full pipe. */
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

/**
 * Resolves with the reason when waiting longer is useless; meanwhile logs that and why the start takes long.
 *
 * @param over - aborts when the program is ready or has ended, or when the start is aborted.
 */
async function untilStuck(
  { name, log: tell, maxSilenceMs = SILENCE_MAX_MS }: ChildProgramOptions,
  { pid = 0 }: ChildProcess,
  log: LogOfStart,
  over: AbortSignal,
): Promise<string> {
  const signs = () => ({ processorMs: processorMsOf(pid), logBytes: log.sizeBytes() });
  const sinceMs = performance.now();
  const patience = new StartPatience(sinceMs, signs(), maxSilenceMs);
  let tellAtMs = sinceMs + TELL_AFTER_MS;
  for (;;) {
    await sleep(LOOK_EVERY_MS, over);
    if (over.aborted) return 'starting was given up';
    const nowMs = performance.now();
    const seen = signs();
    if (patience.isOver(nowMs, seen)) {
      return `for ${maxSilenceMs / 1000} s it has neither computed nor logged anything`;
    }
    if (nowMs < tellAtMs) continue;
    const waited = seconds(nowMs - sinceMs);
    const doing = log.lastMessage() ?? 'it has logged nothing yet';
    const had = `${seconds(seen.processorMs)} of processor time in ${waited}`;
    tell?.(`waiting for ${name}: ${doing} (${had})`);
    tellAtMs = nowMs + (nowMs - sinceMs);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
