/** Which of a local cluster's programs go before others on this machine's cores. */
import { writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Above this process' own: a tenth of a core against a program that takes all it gets, all of it where nobody else wants it. */
const NICE = 10;

/**
 * Lets the program have what others leave. Call it early: where there are no groups by session, threads that run already
 * stay as they are, and those that start later inherit this.
 *
 * Never throws: where a system does not know it, or the program has ended, it shares as all do.
 */
export function yieldCores(pid: number): void {
  const nice = Math.min(getPriority() + NICE, constants.priority.PRIORITY_LOW);
  try {
    setPriority(pid, nice);
    // Where sessions are given their shares first, a nice value counts only within one, and each child has its own.
    // sched(7), "The autogroup feature"
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // As said above.
  }
}
