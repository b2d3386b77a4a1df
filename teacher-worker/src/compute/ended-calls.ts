/**
 * How often processes of this worker have ended, one after the other, at the same call of the thread that computes. A
 * model may end the library that runs it, or take more memory than there is, and with it the process. A worker that
 * made the same call again after each start would never answer. So the thread's present call is noted on disk. The
 * next process counts it, and a call at which too many have ended is refused.
 *
 * The thread itself takes the note, and it carries out one call after another. So the note names exactly this call,
 * and no call that waits behind it, such as another run's. The thread waits for the disk, some microseconds a call.
 */
import { createHash } from 'node:crypto';
import { ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs'; // biome-ignore format: one line
import { join } from 'node:path';
import { errnoOf } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { AnswerRequest, EndedAt, NotedPlace } from './teacher-calls.js';

/**
 * Processes that may end while they open one teacher. Processes are also killed from outside, but hardly so many of
 * them at such a time.
 */
export const ENDED_LOAD_LIMIT = 5;

/**
 * Processes that may end at one answer. More than for loads: a worker answers nearly all the time, so that a kill from
 * outside interrupts an answer. If an answer takes a third of the time between two kills, it is interrupted ten times
 * in a row once in some 300,000 times, and five times in a row once in 550.
 */
export const ENDED_ANSWER_LIMIT = 10;

/**
 * If a refused call is not made for this time, its count begins anew. Longer than the coordinator's further tries
 * take, after which it pauses the run.
 */
export const REFUSED_MS = 5 * 60_000;

/** Greatest number of calls kept; the call whose process ended longest ago is forgotten first. */
const KEPT_MAX_COUNT = 256;

export interface EndedCallsOptions {
  readonly place: NotedPlace;
  /** Milliseconds since 1970: the clock goes on where the process before this one was. */
  readonly nowMs: () => number;
  /** Whether the process ends after this error of a call, as after the loss of the GPU. */
  readonly isEnd: (err: LyceumError) => boolean;
  /** Called once if the disk takes no notes. Calls are carried out all the same. */
  readonly unnoted: (reason: string) => void;
  /** Called once, before the first call, with the call at which the process before this one ended. */
  readonly ended: (end: EndedAt) => void;
}

/** A call that may end the process. */
export interface NotedCall {
  /** The call's teacher and, unless the call is a load, a digest of the question. */
  readonly key: string;
  readonly kind: 'load' | 'answer';
}

interface Ended {
  /** How many processes in a row have ended at the call. */
  readonly count: number;
  /** When the call was refused last, in milliseconds since 1970; 0: it was not refused. */
  readonly refusedAtMs: number;
}

export class EndedCalls {
  readonly #options: EndedCallsOptions;
  #isTold = false;
  /** Whether the call that was noted last ends the process. */
  #isEnding = false;
  #note: number | undefined;
  /** Calls at which processes ended, by key; the latest are at the end. */
  #ended: Map<string, Ended> | undefined;

  constructor(options: EndedCallsOptions) {
    this.#options = options;
  }

  /**
   * Carries a call out, and notes it meanwhile. Call it again only after the call before has ended.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if too many processes have ended at the call; any error of `carryOut`.
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

  /** Forgets a teacher's refused calls when it is unloaded: its refusals have been reported by then. */
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
      return `this worker's process has ended ${count} times in a row while it opened the model: the model may crash the library that runs it, or need more memory than there is; resume the run to try it again`;
    }
    const { workerId } = this.#options.place;
    const minutes = REFUSED_MS / 60_000;
    return `the process of ${workerId} has ended ${count} times in a row while the model computed these samples: one of them may crash the library that runs the model, or need more memory than there is; look at the log of ${workerId}, give it more memory or the run another model, and resume the run after ${minutes} minutes to try it again`;
  }

  /** The calls at which processes have ended, the one before this included. Read once. */
  #known(): Map<string, Ended> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = this.#tolerant(() => readEnded(this.#file('ended'))) ?? new Map();
    const key = this.#tolerant(() => readText(notePath(this.#options.place.folder))) ?? '';
    const known = this.#ended.get(key);
    if (key !== '') {
      // Moves the call to the end of the map.
      this.#ended.delete(key);
      const count = (known?.count ?? 0) + 1;
      this.#ended.set(key, { refusedAtMs: 0, ...known, count });
      const tooMany = this.#ended.size - KEPT_MAX_COUNT;
      for (const oldest of [...this.#ended.keys()].slice(0, Math.max(0, tooMany))) {
        this.#ended.delete(oldest);
      }
      // If this process is killed between these writes, the end is not counted; in the other order, it
      // would count twice.
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

  /** Runs `work` on the disk. If the disk takes no notes, calls are carried out all the same. */
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

/** The call that makes a request. Equal requests are one call, even if they are of different tickets. */
export function answerCall({ identity, dataset, span, view, outputs }: AnswerRequest): NotedCall {
  const asked = JSON.stringify([dataset.digest, span, view, outputs]);
  const digest = createHash('sha256').update(asked).digest('hex');
  return { key: `${identity}.${digest}`, kind: 'answer' };
}

/** Drops the note: the process is stopped on purpose, which says nothing against the call that its thread is at. */
export function excuseCall(folder: string): void {
  try {
    truncateSync(notePath(folder));
  } catch {
    // There is no note, or the disk takes none.
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
    // There is no list, or the machine stopped while it was written.
    return new Map();
  }
}
