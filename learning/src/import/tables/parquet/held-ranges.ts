/** A file of which some ranges are read once and used several times. */
import type { AsyncBuffer } from 'hyparquet';

/** A gap between two ranges is read with them if it is shorter than this: another request would cost more. */
const GAP_BYTES = 64 * 1024;

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

interface HeldRange extends ByteRange {
  readonly bytes: ArrayBuffer;
}

export class HeldRanges implements AsyncBuffer {
  readonly byteLength: number;
  readonly #file: AsyncBuffer;
  readonly #held: HeldRange[] = [];

  constructor(file: AsyncBuffer) {
    this.#file = file;
    this.byteLength = file.byteLength;
  }

  /** Reads and keeps the ranges. Ranges beyond the file's end are skipped; a later read of them fails. */
  async hold(ranges: readonly ByteRange[]): Promise<void> {
    const inside = ranges.filter(
      ({ start, end }) => start >= 0 && start <= end && end <= this.byteLength,
    );
    for (const { start, end } of joined(inside)) {
      this.#held.push({ start, end, bytes: await this.#file.slice(start, end) });
    }
  }

  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const held = this.#held.find((range) => range.start <= start && end <= range.end);
    if (held === undefined) return this.#file.slice(start, end);
    if (held.start === start && held.end === end) return held.bytes;
    return held.bytes.slice(start - held.start, end - held.start);
  }
}

function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && start - last.end <= GAP_BYTES) last.end = Math.max(last.end, end);
    else runs.push({ start, end });
  }
  return runs;
}
