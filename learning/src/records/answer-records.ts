/**
 * Records of answers, all of one size, as words in memory. Pure.
 *
 *   sample u32 | the row as its codec writes it, in words | recordSum(all before) u32
 *
 * A kernel with the same bits computes long rows of float16.
 */
import { LyceumError } from '@lyceum/proto';
import {
  type AnswerCodec,
  memoryOf,
  type RowCodec,
  rowCodec,
  type WordMemory,
} from '../codecs/index.js';
import { onceAThread } from '../kernels/index.js';
import { RecordKernel } from './record-kernel.js';
import { recordSum } from './record-sum.js';

/** The sample of a dropped record: no sample has this number. */
export const DROPPED = 0xffff_ffff;

/** Bytes that are moved at a time while a file is read; their checksums take about a millisecond. */
const MOVED_BYTES = 2 * 1024 * 1024;

/** With fewer numbers, copying rows into a kernel costs more than the kernel saves. */
const KERNEL_NUMBERS = 64;

export interface RecordShape {
  readonly rowLength: number;
  readonly codec: AnswerCodec;
}

export class AnswerRecords {
  readonly codec: RowCodec;
  /** Words of one record. */
  readonly wordCount: number;
  readonly byteCount: number;
  /** How many records are moved at a time. */
  readonly perMove: number;
  readonly #rowLength: number;
  readonly #isFloat16: boolean;

  constructor({ codec, rowLength }: RecordShape) {
    this.codec = rowCodec(codec, rowLength);
    this.wordCount = this.codec.wordCount + 2;
    this.byteCount = 4 * this.wordCount;
    this.perMove = Math.max(1, Math.floor(MOVED_BYTES / this.byteCount));
    this.#rowLength = rowLength;
    this.#isFloat16 = codec === 'float16';
  }

  /**
   * One record a sample.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the codec cannot encode a value, or lengths do not fit.
   */
  encode(samples: ArrayLike<number>, rows: Float32Array, memory: WordMemory): void {
    // A kernel would take old contents of its memory for missing values.
    if (
      rows.length !== samples.length * this.#rowLength ||
      memory.words.length !== samples.length * this.wordCount
    ) {
      const message = `${samples.length} records of ${this.#rowLength} numbers: got ${rows.length} numbers, and ${memory.words.length} words for them`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const kernel = this.#isFloat16 ? this.#kernel() : undefined;
    const refused = kernel?.encode(samples, rows, this.#rowLength, memory.words);
    if (kernel !== undefined && refused === undefined) return;
    // The kernel only finds a bad row; the codec says what is wrong with it.
    this.#encodePlainly(samples, rows, memory);
  }

  #encodePlainly(samples: ArrayLike<number>, rows: Float32Array, memory: WordMemory): void {
    const { words } = memory;
    words.fill(0);
    for (let i = 0; i < samples.length; i++) {
      const start = i * this.wordCount;
      words[start] = samples[i] as number;
      this.codec.encode(rows, i, memory, start + 1);
      const summed = this.wordCount - 1;
      words[start + summed] = recordSum(words, start, summed);
    }
  }

  /** Decodes rows without sample and checksum, [N, words of a row], to [N, rowLength]. */
  decode(words: Uint32Array, rows: Float32Array): void {
    const { wordCount } = this.codec;
    const count = words.length / wordCount;
    const kernel = this.#isFloat16 ? this.#kernel() : undefined;
    if (kernel !== undefined) {
      kernel.decode(words, count, wordCount, rows, this.#rowLength);
      return;
    }
    const memory = memoryOf(words);
    for (let row = 0; row < count; row++) this.codec.decode(memory, row * wordCount, rows, row);
  }

  /** Whether each of the first `count` records has its checksum, [count]. */
  areSound(words: Uint32Array, count: number): boolean[] {
    const last = this.wordCount - 1;
    const sums = this.#kernel()?.sums(words, this.wordCount, count);
    return Array.from({ length: count }, (_, i) => {
      const start = i * this.wordCount;
      return (sums?.[i] ?? recordSum(words, start, last)) === words[start + last];
    });
  }

  /** Records that hold no answer. */
  dropped(count: number): Buffer {
    const words = new Uint32Array(this.wordCount * count);
    for (let i = 0; i < count; i++) words[i * this.wordCount] = DROPPED;
    return Buffer.from(words.buffer);
  }

  #kernel(): RecordKernel | undefined {
    return this.#rowLength < KERNEL_NUMBERS ? undefined : threadsKernel();
  }
}

/** The kernel that all records of this thread share. */
const threadsKernel = onceAThread(() => RecordKernel.open());
