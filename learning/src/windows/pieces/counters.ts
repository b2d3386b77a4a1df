/** What the picture thread counts, in memory that its owner reads without asking. */

const NAMES = [
  /** Read from objects. */
  'bytesRead',
  /** Encoded, of the pictures of windows that were read. */
  'bytesWanted',
  'picturesDecoded',
  /** Parts of windows that the disk cache had, and had not. */
  'cacheHits',
  'cacheMisses',
] as const;

type CounterName = (typeof NAMES)[number];

export type Counts = Readonly<Record<CounterName, number>>;

export class Counters {
  /** Handed to the thread. */
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
