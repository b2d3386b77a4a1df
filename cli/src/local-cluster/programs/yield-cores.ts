/** Lowers the priority of a program on this machine's cores. */
import { readdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Added to this process's nice value. The program gets a tenth of a core that another busy program wants, and all of
 * a core that no other program wants.
 */
const NICE = 10;

/**
 * Lets the program and all its threads use the cores that others leave; later threads inherit this. Call it when the
 * program is ready: with a low priority, a program would hardly get started beside busy ones.
 *
 * Never throws: if the system cannot do this, or the program has ended, nothing changes.
 */
export function yieldCores(pid: number): void {
  const nice = Math.min(getPriority() + NICE, constants.priority.PRIORITY_LOW);
  try {
    lowerThreads(pid, nice);
    // With autogroups, a nice value counts only within its session, and each child has a session of its own: so the
    // autogroup gets the nice value too. sched(7), "The autogroup feature"
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // Nothing changes, as said above.
  }
}

/**
 * Each thread has its own nice value. The loop runs until no new thread appears: a thread that was not lowered yet may
 * have started another one.
 */
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
        // The thread has ended.
      }
    }
  }
}
