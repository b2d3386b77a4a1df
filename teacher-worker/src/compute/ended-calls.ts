/**
 * How often processes of this worker have ended, one after the other, at the same call of the thread that computes. A model may end
 * the library that runs it, or take more memory than there is, and with it the process; a worker that makes the same call again
 * after each start would answer nobody. So the call that the thread is at is noted on disk. The next process counts it, and a call
 * at which too many have ended is refused.
 *
 * The thread itself takes the note, and it carries out one call after another. So the note names the very call, and none that
 * waits behind it, of another run for one. The thread waits for the disk, some microseconds a call.
 */
import { createHash } from 'node:crypto';
import { ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs'; // biome-ignore format: one line
import { join } from 'node:path';
import { errnoOf } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { AnswerRequest, EndedAt, NotedPlace } from './teacher-calls.js';

/** Killed processes end so too, but hardly as many of them while they open one teacher. */
export const ENDED_LOAD_LIMIT = 5;

/**
 * More than for loads: a worker answers nearly all the time, so who kills it interrupts an answer. One that takes a third of the
 * time between two kills is interrupted so often in a row once in some 300,000 times, and five times once in 550.
 */
export const ENDED_ANSWER_LIMIT = 10;

/**
 * A call that was refused, and then not made for so long, begins anew. Longer than the coordinator takes to ask some times more,
 * after which it pauses the run.
 */
export const REFUSED_MS = 5 * 60_000;

/** Kept; those that ended longest ago are forgotten first. */
const KEPT_MAX_COUNT = 256;

export interface EndedCallsOptions {
  readonly place: NotedPlace;
  /** Milliseconds since 1970: the clock goes on where the process before this one was. */
  readonly nowMs: () => number;
  /** Whether the process ends after an error of a call, with the GPU lost for one. */
  readonly isEnd: (err: LyceumError) => boolean;
  /** Told once: the disk takes no notes, without which calls are carried out all the same. */
  readonly unnoted: (reason: string) => void;
  /** Told once, before the first call: at what the process before this one ended. */
  readonly ended: (end: EndedAt) => void;
}

/** A call that may end the process. */
export interface NotedCall {
  /** Names its teacher and, if it is no load, what is asked. */
  readonly key: string;
  readonly kind: 'load' | 'answer';
}

interface Ended {
  /** Processes in a row. */
  readonly count: number;
  /** When it was refused last; 0: it was not. */
  readonly refusedAtMs: number;
}

export class EndedCalls {
  readonly #options: EndedCallsOptions;
  #isTold = false;
  /** The process ends by the last call that was noted. */
  #isEnding = false;
  #note: number | undefined;
  /** By key, those that ended last at the end. */
  #ended: Map<string, Ended> | undefined;

  constructor(options: EndedCallsOptions) {
    this.#options = options;
  }

  /**
   * Carries a call out, noted meanwhile. Not to be called before the call before it has ended.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if too many processes have ended at it; what `carryOut` throws.
   */
  async noted<T>(call: NotedCall, carryOut: () => Promise<T>): Promise<T> {
    if (this.#isEnding) return carryOut();
    this.#refuseEnded(call);
    this.#write(call.key);
    try {
      return await carryOut();
    } catch (thrown) {
      this.#isEnding = this.#options.isEnd(toLyceumError(thrown));
      throw thrown;
    } finally {
      if (!this.#isEnding) {
        this.#write('');
        this.#forget((key) => key === call.key);
      }
    }
  }

  /** The teacher is unloaded: what was refused of it has been told. */
  unloaded(identity: string): void {
    this.#forget(
      (key, { refusedAtMs }) => refusedAtMs > 0 && (key === identity || isOf(key, identity)),
    );
  }

  #refuseEnded({ key, kind }: NotedCall): void {
    const ended = this.#known().get(key);
    if (ended === undefined || ended.count < limitOf(kind)) return;
    const nowMs = this.#options.nowMs();
    if (ended.refusedAtMs > 0 && nowMs - ended.refusedAtMs > REFUSED_MS) {
      this.#forget((other) => other === key);
      return;
    }
    this.#known().set(key, { ...ended, refusedAtMs: nowMs });
    this.#save();
    throw new LyceumError('INVALID_ARGUMENT', this.#reason(kind, ended.count));
  }

  #reason(kind: NotedCall['kind'], count: number): string {
    if (kind === 'load') {
      return `this worker's process has ended ${count} times in a row while it opened the model, which may end the library that runs it, or take more memory than there is; resume the run to have it tried again`;
    }
    const { workerId } = this.#options.place;
    const minutes = REFUSED_MS / 60_000;
    return `the process of ${workerId} has ended ${count} times in a row while the model computed these samples: at one of them it may end the library that runs it, or take more memory than there is; look at the log of ${workerId}, give it more memory or the run another model, and resume the run after ${minutes} minutes to have it tried again`;
  }

  /** What has ended, with the process before this one. Read once. */
  #known(): Map<string, Ended> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = this.#tolerant(() => readEnded(this.#file('ended'))) ?? new Map();
    const key = this.#tolerant(() => readText(notePath(this.#options.place.folder))) ?? '';
    const known = this.#ended.get(key);
    if (key !== '') {
      // To the end of the map.
      this.#ended.delete(key);
      const count = (known?.count ?? 0) + 1;
      this.#ended.set(key, { refusedAtMs: 0, ...known, count });
      const tooMany = this.#ended.size - KEPT_MAX_COUNT;
      for (const oldest of [...this.#ended.keys()].slice(0, Math.max(0, tooMany))) {
        this.#ended.delete(oldest);
      }
      // A process that is killed in between is not counted; the other way round it would be twice.
      this.#write('');
      this.#save();
      this.#options.ended({ ...partsOf(key), count });
    }
    return this.#ended;
  }

  #forget(isMeant: (key: string, ended: Ended) => boolean): void {
    const known = this.#known();
    const meant = [...known].filter(([key, ended]) => isMeant(key, ended));
    if (meant.length === 0) return;
    for (const [key] of meant) known.delete(key);
    this.#save();
  }

  #write(key: string): void {
    this.#tolerant(() => {
      this.#note ??= openNote(this.#options.place.folder);
      ftruncateSync(this.#note, 0);
      if (key !== '') writeSync(this.#note, key);
    });
  }

  #save(): void {
    this.#tolerant(() => {
      const text = JSON.stringify([...this.#known()]);
      writeFileSync(this.#file('ended.new'), text);
      renameSync(this.#file('ended.new'), this.#file('ended'));
    });
  }

  /** A disk that takes no notes keeps nothing from being computed. */
  #tolerant<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (thrown) {
      if (!this.#isTold) this.#options.unnoted(toLyceumError(thrown).message);
      this.#isTold = true;
      return undefined;
    }
  }

  #file(name: string): string {
    return join(this.#options.place.folder, name);
  }
}

export function loadCall(identity: string): NotedCall {
  return { key: identity, kind: 'load' };
}

/** Equal requests are one call, whichever ticket they are of. */
export function answerCall({ identity, dataset, span, view, outputs }: AnswerRequest): NotedCall {
  const asked = JSON.stringify([dataset.digest, span, view, outputs]);
  const digest = createHash('sha256').update(asked).digest('hex');
  return { key: `${identity}.${digest}`, kind: 'answer' };
}

/** The process is stopped on purpose: that says nothing against the call that its thread is at. */
export function excuseCall(folder: string): void {
  try {
    truncateSync(notePath(folder));
  } catch {
    // Nothing was noted, or nothing can be.
  }
}

function isOf(key: string, identity: string): boolean {
  return key.startsWith(`${identity}.`);
}

function partsOf(key: string): Pick<EndedAt, 'identity' | 'kind' | 'limit'> {
  const [identity = '', asked] = key.split('.');
  const kind = asked === undefined ? 'load' : 'answer';
  return { identity, kind, limit: limitOf(kind) };
}

function limitOf(kind: NotedCall['kind']): number {
  return kind === 'load' ? ENDED_LOAD_LIMIT : ENDED_ANSWER_LIMIT;
}

function notePath(folder: string): string {
  return join(folder, 'now');
}

function openNote(folder: string): number {
  try {
    mkdirSync(folder);
  } catch (err) {
    if (errnoOf(err) !== 'EEXIST') throw err;
  }
  return openSync(notePath(folder), 'a');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return '';
    throw err;
  }
}

function readEnded(path: string): Map<string, Ended> {
  const text = readText(path);
  try {
    return new Map(JSON.parse(text) as [string, Ended][]);
  } catch {
    // There is none, or the machine stopped while it was written.
    return new Map();
  }
}
