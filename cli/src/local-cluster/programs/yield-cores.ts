/** Which of a local cluster's programs go before others on this machine's cores. */
import { readdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Above this process' own: a tenth of a core against a program that takes all it gets, all of it where nobody else wants it. */
const NICE = 10;

/**
 * Lets the program, with all the threads that it has, have what others leave; threads that start later inherit it. Call it
 * when the program is ready: one that starts gets nothing done beside programs that take all they get.
 *
 * Never throws: where a system does not know it, or the program has ended, it shares as all do.
 */
export function yieldCores(pid: number): void {
  const nice = Math.min(getPriority() + NICE, constants.priority.PRIORITY_LOW);
  try {
    lowerThreads(pid, nice);
    // Where sessions are given their shares first, a nice value counts only within one, and each child has its own.
    // sched(7), "The autogroup feature"
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // As said above.
  }
}

/** A nice value is a thread's own. One that starts meanwhile may have been started by one that was not lowered yet. */
function lowerThreads(pid: number, nice: number): void {
  const lowered = new Set<string>();
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      if (lowered.has(thread)) continue;
      lowered.add(thread);
      isNew = true;
      try {
        setPriority(Number(thread), nice);
      } catch {
        // It has ended.
      }
    }
  }
}
