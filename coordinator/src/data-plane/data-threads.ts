/**
 * Encodes answers as records, and combines them into targets: millions of numbers. Short work is done at once on the
 * event loop, longer work in a thread. Both run the same function on the same numbers, so the bits are the same.
 *
 * Threads start when there is work for them, and each takes one request after another. The requests of a thread that
 * dies or hangs are lost. None of their results has been stored or sent by then: targets are combined once more, and
 * workers send their answers again.
 */
import { Worker } from 'node:worker_threads';
import type { AnswerCodec, WordMemory } from '@lyceum/learning/codecs';
import { SpareMemory } from '@lyceum/learning/records';
import { moved, Thread, ThreadDeathError } from '@lyceum/platform/threads';
import {
  type CombinedRows,
  type CombineRequest,
  combineRows,
  numbersCombined,
} from './combine-rows.js';
import { buffersOf, type DataCalls } from './data-calls.js';
import { type EncodeRequest, encodeRows, numbersEncoded, wordsOf } from './encode-rows.js';

/** At most so many numbers, of all teachers together, are combined on the event loop: about a millisecond. */
const INLINE_COMBINED = 96 * 1024;

/**
 * At most so many numbers are encoded on the event loop: some 0.1 ms. They are more than a socket gives in one chunk.
 */
const INLINE_ENCODED = 32 * 1024;

/** Bytes that a message may have beside its numbers for its memory to be handed to a thread. */
const ENVELOPE_BYTES = 4096;

/** Memory kept for records to come. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** A thread that answers nothing for so long has hung: requests take milliseconds, of very many classes seconds. */
const HUNG_MS = 120_000;

/** An output of a teacher that is to be stored. */
interface AnsweredOutput {
  readonly name: string;
  /** [N, values of a row] */
  readonly values: Float32Array;
  /** Codecs that the output is stored in. */
  readonly codecs: readonly AnswerCodec[];
}

export interface AnsweredRows extends Omit<EncodeRequest, 'outputs'> {
  readonly outputs: readonly AnsweredOutput[];
  /** The caller needs the values no more: their memory may be handed to a thread. */
  readonly mayTake: boolean;
}

interface Lane {
  readonly thread: Thread<DataCalls>;
  readonly worker: Worker;
  pending: number;
  /** Ends a thread that hangs. Runs while the thread has requests, and begins anew with each answer. */
  watch?: NodeJS.Timeout | undefined;
}

interface DataThreadsOptions {
  /** A thread has died, or hung; another takes its place. */
  readonly onDeath?: (err: ThreadDeathError) => void;
  readonly hungMs?: number;
}

export class DataThreads {
  readonly #maxCount: number;
  readonly #onDeath: (err: ThreadDeathError) => void;
  readonly #hungMs: number;
  readonly #lanes: Lane[] = [];
  readonly #spare = new SpareMemory(SPARE_BYTES);

  /** @param maxCount - threads at most. */
  constructor(maxCount: number, { onDeath = () => {}, hungMs = HUNG_MS }: DataThreadsOptions = {}) {
    this.#maxCount = maxCount;
    this.#onDeath = onDeath;
    this.#hungMs = hungMs;
  }

  /**
   * {@link combineRows}, on the event loop or in a thread.
   *
   * @param request - its logits must stay as they are until the promise settles.
   * @throws {LyceumError} as `combineTargets` does; CANCELLED if the threads are closed meanwhile; ThreadDeathError if
   *   two threads in turn end over it.
   */
  async combine(request: CombineRequest): Promise<CombinedRows> {
    if (numbersCombined(request) <= INLINE_COMBINED) return combineRows(request);
    const combine = () => this.#call((thread) => thread.call('combine', request));
    try {
      return await combine();
    } catch (err) {
      if (!(err instanceof ThreadDeathError)) throw err;
      return combine();
    }
  }

  /**
   * Checks answers and makes records of them.
   *
   * @returns records, by output and in the order of its codecs; {@link DataThreads.release} takes them back.
   * @throws {LyceumError} INVALID_ARGUMENT if {@link encodeRows} refuses a value; ThreadDeathError if the thread ends
   *   over it: the values are lost then.
   */
  async encode({ mayTake, ...rows }: AnsweredRows): Promise<readonly (readonly WordMemory[])[]> {
    const rowCount = rows.samples.length;
    const outputs = rows.outputs.map(({ codecs, ...output }) => ({
      ...output,
      codecs: codecs.map((codec) => ({
        codec,
        memory: this.#spare.take(wordsOf(codec, output.values.length / rowCount, rowCount)),
      })),
    }));
    const request = { ...rows, outputs };
    const memories = outputs.map(({ codecs }) => codecs.map(({ memory }) => memory));
    const taken = mayTake ? ownBuffer(rows.outputs) : undefined;
    if (taken === undefined || numbersEncoded(request) <= INLINE_ENCODED) {
      encodeRows(request);
      return memories;
    }
    const handed = moved({ ...request, samples: rows.samples.slice() }, [
      taken,
      ...buffersOf(memories),
    ]);
    return this.#call((thread) => thread.call('encode', handed));
  }

  /** Takes back the memory of records that are no longer read. */
  release(records: readonly (readonly WordMemory[])[]): void {
    for (const memory of records.flat()) this.#spare.give(memory);
  }

  /** Milliseconds that all threads together have worked; threads that have died do not count. */
  get busyMs(): number {
    return this.#lanes.reduce((sum, { worker }) => sum + busyMsOf(worker), 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ thread }) => thread.close('the coordinator is stopping')));
  }

  async #call<T>(call: (thread: Thread<DataCalls>) => Promise<T>): Promise<T> {
    const lane = this.#leastBusy();
    lane.watch ??= setTimeout(() => {
      void lane.thread.kill(`has answered nothing for ${this.#hungMs} ms and was ended`);
    }, this.#hungMs);
    lane.pending++;
    try {
      return await call(lane.thread);
    } finally {
      lane.pending--;
      if (lane.pending > 0) lane.watch?.refresh();
      else {
        clearTimeout(lane.watch);
        lane.watch = undefined;
      }
    }
  }

  /** An idle thread; else a new one; else, where there may be no more, the thread with the fewest requests. */
  #leastBusy(): Lane {
    const [first, ...others] = this.#lanes.filter(({ thread }) => thread.isAlive);
    if (first === undefined) return this.#start();
    const least = others.reduce((a, b) => (b.pending < a.pending ? b : a), first);
    const isEnough = least.pending === 0 || this.#lanes.length >= this.#maxCount;
    return isEnough ? least : this.#start();
  }

  #start(): Lane {
    // The built file, seen from src/ and from dist/ alike: Node cannot run the source.
    const worker = new Worker(new URL('../../dist/data-plane/data-thread.js', import.meta.url));
    const thread = new Thread<DataCalls>(worker, { name: 'a data thread' });
    const lane: Lane = { thread, worker, pending: 0 };
    this.#lanes.push(lane);
    // The next request starts another.
    void thread.died.then((err) => {
      this.#lanes.splice(this.#lanes.indexOf(lane), 1);
      this.#onDeath(err);
    });
    return lane;
  }
}

/** Milliseconds that a thread has worked; 0 of one that has died or not started yet. */
function busyMsOf({ performance }: Worker): number {
  return performance?.eventLoopUtilization().active ?? 0;
}

/** The memory of these values; undefined: more than {@link ENVELOPE_BYTES} of it is something else. */
function ownBuffer(outputs: readonly AnsweredOutput[]): ArrayBuffer | undefined {
  const [buffer, ...others] = new Set(outputs.map(({ values }) => values.buffer));
  const bytes = outputs.reduce((sum, { values }) => sum + values.byteLength, 0);
  const isOwn = others.length === 0 && buffer instanceof ArrayBuffer;
  return isOwn && buffer.byteLength <= bytes + ENVELOPE_BYTES ? buffer : undefined;
}
