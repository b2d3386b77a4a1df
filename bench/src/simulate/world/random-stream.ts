/** One stream of random numbers from a seed. All chance in a schedule comes from this stream. */

export class RandomStream {
  #state: number;

  /** Streams of neighbouring seeds or numbers are independent. */
  constructor(seed: number, number: number) {
    this.#state = scramble(scramble(seed) ^ Math.imul(number + 1, 0x9e3779b9));
  }

  /**
   * The next number, uniform in [0, 1). Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", 32
   * bits wide.
   */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return scramble(this.#state) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number in [from, to]. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)] as T;
  }
}

function scramble(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
