/** Counts of the picture thread, in shared memory that the thread's owner reads at any time. */

const NAMES = [
  /** Bytes read from objects. */
  'bytesRead',
  /** Encoded bytes of the pictures in windows that were read. */
  'bytesWanted',
  'picturesDecoded',
  /** Parts of windows that were in the disk cache, and parts that were not. */
  'cacheHits',
  'cacheMisses',
] as const;

type CounterName = (typeof NAMES)[number];

export type Counts = Readonly<Record<CounterName, number>>;

export class Counters {
  /** This memory is given to the thread. */
  readonly shared: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(shared = new SharedArrayBuffer(NAMES.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#values = new Float64Array(shared);
  }

  add(name: CounterName, count: number): void {
    const index = NAMES.indexOf(name);
    this.#values[index] = (this.#values[index] as number) + count;
  }

  read(): Counts {
    const entries = NAMES.map((name, index) => [name, this.#values[index]]);
    return Object.fromEntries(entries) as Counts;
  }
}
