/** Logs the death of a program, and restarts it if wanted, each time after a longer wait. */
import { retryDelayMs, sleep } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import type { ChildProgram } from './child-program.js';

/** A program that ran this long was healthy: its next death counts as the first. */
const WELL_AFTER_MS = 60_000;

export interface KeepRunningOptions {
  /** Starts the program again; undefined: a dead program stays dead. */
  readonly restart: (() => Promise<ChildProgram>) | undefined;
  /** Aborts when programs are being ended on purpose. */
  readonly stopping: AbortSignal;
  readonly log: (line: string) => void;
}

/** Returns when the program has ended for good. */
export async function keepRunning(
  program: ChildProgram,
  options: KeepRunningOptions,
): Promise<void> {
  const { restart, stopping, log } = options;
  let current = program;
  for (let attempt = 0; ; attempt++) {
    const sinceMs = performance.now();
    const how = await current.exited;
    if (stopping.aborted) return;
    log(`${current.name} died (${how}); ${current.logEnd()}`);
    if (restart === undefined) return;
    if (performance.now() - sinceMs > WELL_AFTER_MS) attempt = 0;
    const again = await startAgain(restart, attempt, options);
    if (again === undefined) return;
    current = again;
  }
}

async function startAgain(
  restart: () => Promise<ChildProgram>,
  firstAttempt: number,
  { stopping, log }: KeepRunningOptions,
): Promise<ChildProgram | undefined> {
  for (let attempt = firstAttempt; ; attempt++) {
    await sleep(retryDelayMs(attempt, Math.random()), stopping);
    if (stopping.aborted) return undefined;
    try {
      const program = await restart();
      log(`${program.name} is back (pid ${program.pid})`);
      return program;
    } catch (err) {
      if (stopping.aborted) return undefined;
      log(toLyceumError(err).message);
    }
  }
}
