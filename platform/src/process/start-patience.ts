/**
 * How long a program that starts is waited for: as long as it works. A machine with much else to do makes it slow, which
 * is no fault; a program that neither computes nor says anything has got stuck.
 */
import { readFileSync } from 'node:fs';

/** Without a sign of work for so long, a program is given up. Reading a library from a slow disk is silent too. */
export const SILENCE_MAX_MS = 120_000;

/** Timers of a program that waits in vain take less than this of the processor within {@link SILENCE_MAX_MS}. */
const WORK_MS = 250;

/** `/proc` counts in hundredths of a second, whatever the kernel does inside. proc_pid_stat(5), USER_HZ */
const TICK_MS = 10;

export interface SignsOfWork {
  /** Processor time that it has taken so far, milliseconds. */
  readonly processorMs: number;
  /** Size of its log. */
  readonly logBytes: number;
}

export class StartPatience {
  readonly #maxSilenceMs: number;
  #last: SignsOfWork & { readonly atMs: number };

  constructor(nowMs: number, signs: SignsOfWork, maxSilenceMs = SILENCE_MAX_MS) {
    this.#maxSilenceMs = maxSilenceMs;
    this.#last = { ...signs, atMs: nowMs };
  }

  /** True if it has shown no work for too long. */
  isOver(nowMs: number, signs: SignsOfWork): boolean {
    const { processorMs, logBytes, atMs } = this.#last;
    if (signs.processorMs - processorMs >= WORK_MS || signs.logBytes !== logBytes) {
      this.#last = { ...signs, atMs: nowMs };
      return false;
    }
    return nowMs - atMs >= this.#maxSilenceMs;
  }
}

/** Processor time of all its threads; 0 where the system does not tell. */
export function processorMsOf(pid: number): number {
  try {
    // The program's name, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  } catch {
    return 0;
  }
}
