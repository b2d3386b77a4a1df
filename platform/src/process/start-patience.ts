/**
 * How long to wait for a program that starts: as long as it shows work. A busy machine makes it slow, which is no
 * fault; a program that neither computes nor logs is stuck.
 */
import { readFileSync } from 'node:fs';

/**
 * A program without a sign of work for this long is given up. It may also be silent while it reads from a slow disk.
 */
export const SILENCE_MAX_MS = 120_000;

/** A stuck program's timers use less processor time than this within {@link SILENCE_MAX_MS}. */
const WORK_MS = 250;

/** Unit of times in `/proc`: always a hundredth of a second. proc_pid_stat(5), USER_HZ */
const TICK_MS = 10;

export interface SignsOfWork {
  /** Processor time used so far, milliseconds. */
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

/** Processor time of all threads of the process; 0 where the system does not tell it. */
export function processorMsOf(pid: number): number {
  try {
    // The program's name, in brackets, may contain any characters.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  } catch {
    return 0;
  }
}
