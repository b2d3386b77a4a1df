/** A list of 32-bit numbers whose count is not known beforehand: 4 bytes each, where a plain list takes 8 and more. */
export class GrowingInt32 {
  #values = new Int32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  values(): Int32Array {
    return this.#values.slice(0, this.#length);
  }
}
