/**
 * One append-only file of answers: a header that names its table (`answer-file-header.ts`), then records of one size
 * (`@lyceum/learning/records`).
 *
 * Everything is little-endian, like every machine on which Node runs TensorFlow: a record can be read as words in
 * place. Records lie in the order of their arrival, so a span is one sequential write. An index in memory (sample →
 * slot) finds them. A torn tail is cut off on open; a record whose checksum is wrong counts as missing. The first
 * answer to a sample is the one that counts, until it is dropped: its record is then overwritten in place.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type WordMemory, wordMemory } from '@lyceum/learning/codecs';
import { AnswerRecords, DROPPED, type RecordShape } from '@lyceum/learning/records';
import { withRoom } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { checkPrefix, encodeHeader } from './answer-file-header.js';
import { copyWords } from './copy-words.js';

/** Records by the order of their arrival, from `first` on, without `end`. */
export interface RecordRange {
  readonly first: number;
  readonly end: number;
}

export interface OpenedAnswerFile {
  readonly file: AnswerFile;
  /** Bytes cut off the end, and records left out for their checksums. */
  readonly tornBytes: number;
  readonly corruptCount: number;
}

/** Takes a sample's row: the words that the codec wrote, from `words[at]` on, borrowed. */
export type KeepRow = (sample: number, words: Uint32Array, at: number) => void;

interface FileShape extends RecordShape {
  readonly sampleCount: number;
}

export class AnswerFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #records: AnswerRecords;
  readonly #headerBytes: number;
  /** Slot of each sample's record; -1: none. */
  readonly #slots: Int32Array;
  #slotCount = 0;
  /** Whether a part of a failed write may stand behind the last record. */
  #isTorn = false;

  private constructor(path: string, handle: FileHandle, shape: FileShape, headerBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#records = new AnswerRecords(shape);
    this.#headerBytes = headerBytes;
    this.#slots = new Int32Array(shape.sampleCount).fill(-1);
  }

  /**
   * Opens the file, or makes it, and reads all of it.
   *
   * @param headerText - names the table whose answers the file holds.
   * @throws {LyceumError} FAILED_PRECONDITION if it is another table's file, or no such file.
   */
  static async open(path: string, headerText: string, shape: FileShape): Promise<OpenedAnswerFile> {
    const header = encodeHeader(headerText);
    // 'a+' makes a missing file; every write appends.
    const handle = await withRoom(path, () => open(path, 'a+'), header.length);
    try {
      const { size } = await handle.stat();
      if (size < header.length) {
        // A crash cut off the writing of the header: the file never had a record.
        await checkPrefix(handle, path, header, size);
        await handle.truncate(0);
        await withRoom(path, () => writeFully(handle, header), header.length);
      } else {
        await checkPrefix(handle, path, header, header.length);
      }
      const file = new AnswerFile(path, handle, shape, header.length);
      const found = await file.#scan(Math.max(size, header.length));
      return { file, ...found };
    } catch (err) {
      await handle.close();
      throw err;
    }
  }

  has(sample: number): boolean {
    return (this.#slots[sample] ?? -1) >= 0;
  }

  /** How its records are written. */
  get records(): Pick<AnswerRecords, 'codec' | 'wordCount'> {
    return this.#records;
  }

  /** Bytes of memory that the index takes. */
  get indexBytes(): number {
    return this.#slots.byteLength;
  }

  /** Records in the file, whatever is in them. */
  get recordCount(): number {
    return this.#slotCount;
  }

  get sizeBytes(): number {
    return this.#headerBytes + this.#slotCount * this.#records.byteCount;
  }

  /**
   * Appends answers in one write. No sample may have an answer yet; of a sample that comes twice, the first answer
   * counts. One append at a time.
   *
   * @param records - one a sample, in its order; borrowed until the promise resolves.
   * @param keep - told of each row as it was written.
   * @throws {LyceumError} INVALID_ARGUMENT if these are no records of this file.
   */
  async append(samples: ArrayLike<number>, records: Uint32Array, keep: KeepRow): Promise<void> {
    const { wordCount } = this.#records;
    if (records.length !== samples.length * wordCount) {
      const message = `${samples.length} records of ${wordCount} words, got ${records.length}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    await this.#write(Buffer.from(records.buffer, records.byteOffset, records.byteLength));
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] as number;
      if (!this.has(sample)) {
        this.#slots[sample] = this.#slotCount;
        keep(sample, records, i * wordCount + 1);
      }
      this.#slotCount++;
    }
  }

  async #write(records: Buffer): Promise<void> {
    if (this.#isTorn) await this.#cutTail();
    try {
      await withRoom(this.path, () => writeFully(this.#handle, records), records.length);
    } catch (err) {
      // A full disk may have taken a part of the write. Cut it off: a record begins at a multiple of the record's
      // size.
      this.#isTorn = true;
      // A failing disk may refuse this, too: then the next write tries again.
      await this.#cutTail().catch(() => undefined);
      throw err;
    }
  }

  async #cutTail(): Promise<void> {
    await withRoom(this.path, () => this.#handle.truncate(this.sizeBytes));
    this.#isTorn = false;
  }

  /**
   * Reads rows' words into `out`, [samples.length, words of a row], in the order of `samples`.
   *
   * @returns the samples that are not there, or no longer: a record that has gone bad is forgotten.
   */
  async read(samples: ArrayLike<number>, out: Uint32Array): Promise<number[]> {
    const missing: number[] = [];
    const { perMove, wordCount } = this.#records;
    const rowWords = this.#records.codec.wordCount;
    for (let i = 0; i < samples.length; ) {
      const slot = this.#slots[samples[i] as number] ?? -1;
      if (slot < 0) {
        missing.push(samples[i++] as number);
        continue;
      }
      // Answers are mostly read in the order in which they came: one read for a run of neighbours.
      let count = 1;
      while (
        count < perMove &&
        i + count < samples.length &&
        this.#slots[samples[i + count] as number] === slot + count
      ) {
        count++;
      }
      const { words } = await this.#readSlots(slot, count);
      for (const [j, isSound] of this.#records.areSound(words, count).entries()) {
        const sample = samples[i + j] as number;
        const start = j * wordCount;
        if (isSound && words[start] === sample) {
          copyWords(words, start + 1, out, (i + j) * rowWords, rowWords);
        } else {
          this.#slots[sample] = -1;
          missing.push(sample);
        }
      }
      i += count;
    }
    return missing;
  }

  /** Reads every answer, front to back. */
  async load(keep: KeepRow): Promise<void> {
    const perRead = this.#records.perMove;
    for (let first = 0; first < this.#slotCount; first += perRead) {
      const count = Math.min(perRead, this.#slotCount - first);
      const { words } = await this.#readSlots(first, count);
      for (const [j, isSound] of this.#records.areSound(words, count).entries()) {
        const start = j * this.#records.wordCount;
        const sample = words[start] as number;
        const isCurrent = this.#slots[sample] === first + j;
        if (isCurrent && isSound) keep(sample, words, start + 1);
      }
    }
  }

  /** The samples whose answers are in these records. */
  samplesIn({ first, end }: RecordRange): number[] {
    const samples: number[] = [];
    for (const [sample, slot] of this.#slots.entries()) {
      if (slot >= first && slot < end) samples.push(sample);
    }
    return samples;
  }

  /**
   * Forgets the answers in these records, in memory and on disk, for good. Nothing may be appended meanwhile. If the
   * disk fails, they are forgotten in memory only, and may be dropped once more.
   *
   * @returns their samples: those that were dropped before are not among them.
   */
  async drop({ first, end }: RecordRange): Promise<number[]> {
    const last = Math.min(end, this.#slotCount);
    const samples = this.samplesIn({ first, end: last });
    for (const sample of samples) this.#slots[sample] = -1;
    await withRoom(this.path, () => this.#overwrite(first, last));
    return samples;
  }

  async #overwrite(first: number, end: number): Promise<void> {
    // The file's own handle always appends, whatever position a write names.
    const handle = await open(this.path, 'r+');
    try {
      const { perMove, byteCount } = this.#records;
      for (let from = first; from < end; from += perMove) {
        const dropped = this.#records.dropped(Math.min(perMove, end - from));
        await handle.write(dropped, 0, dropped.length, this.#headerBytes + from * byteCount);
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  async sync(): Promise<void> {
    await withRoom(this.path, () => this.#handle.datasync());
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Builds the index. `size`: of the file, header included. */
  async #scan(size: number): Promise<{ tornBytes: number; corruptCount: number }> {
    const records = Math.floor((size - this.#headerBytes) / this.#records.byteCount);
    const tornBytes = size - this.#headerBytes - records * this.#records.byteCount;
    if (tornBytes > 0) await this.#handle.truncate(size - tornBytes);
    this.#slotCount = records;
    const perRead = this.#records.perMove;
    let corruptCount = 0;
    for (let first = 0; first < records; first += perRead) {
      const count = Math.min(perRead, records - first);
      const { words } = await this.#readSlots(first, count);
      for (const [j, isSound] of this.#records.areSound(words, count).entries()) {
        const sample = words[j * this.#records.wordCount] as number;
        if (sample === DROPPED) continue;
        if (!isSound || sample >= this.#slots.length) corruptCount++;
        else if (!this.has(sample)) this.#slots[sample] = first + j;
      }
    }
    return { tornBytes, corruptCount };
  }

  /** Records as words. Where the file ends too early there are zeros, which no checksum fits. */
  async #readSlots(first: number, count: number): Promise<WordMemory> {
    const memory = wordMemory(count * this.#records.wordCount);
    const position = this.#headerBytes + first * this.#records.byteCount;
    await this.#handle.read(memory.bytes, 0, memory.bytes.length, position);
    return memory;
  }
}

async function writeFully(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}
