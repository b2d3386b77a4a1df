/**
 * Records of answers, all of one size, as words in memory. Pure.
 *
 *   sample u32 | the row as its codec writes it, in words | recordSum(all before) u32
 */
import {
  type AnswerCodec,
  type RowCodec,
  rowCodec,
  type WordMemory,
} from '@lyceum/learning/codecs';
import { recordSum } from './record-sum.js';

/** Where a record's sample stood that was dropped: no sample's number. */
export const DROPPED = 0xffff_ffff;

/** Bytes moved at a time while a file is read through; checksums of so much take about a millisecond. */
const MOVED_BYTES = 2 * 1024 * 1024;

export interface RecordShape {
  readonly rowLength: number;
  readonly codec: AnswerCodec;
}

export class AnswerRecords {
  readonly codec: RowCodec;
  /** Of one record. */
  readonly wordCount: number;
  readonly byteCount: number;
  /** Records that are moved at a time. */
  readonly perMove: number;

  constructor({ codec, rowLength }: RecordShape) {
    this.codec = rowCodec(codec, rowLength);
    this.wordCount = this.codec.wordCount + 2;
    this.byteCount = 4 * this.wordCount;
    this.perMove = Math.max(1, Math.floor(MOVED_BYTES / this.byteCount));
  }

  /** One record a sample. @throws {LyceumError} INVALID_ARGUMENT if the codec has nothing for a value. */
  encode(samples: ArrayLike<number>, rows: Float32Array, memory: WordMemory): void {
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

  /** Whether the record that starts at word `start` is as it was written. */
  isSound(words: Uint32Array, start: number): boolean {
    const count = this.wordCount - 1;
    return recordSum(words, start, count) === words[start + count];
  }

  /** So many records that hold no answer. */
  dropped(count: number): Buffer {
    const words = new Uint32Array(this.wordCount * count);
    for (let i = 0; i < count; i++) words[i * this.wordCount] = DROPPED;
    return Buffer.from(words.buffer);
  }
}
