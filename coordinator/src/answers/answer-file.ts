/**
 * One append-only file of answers: a header that names its table, then records of one size.
 *
 *   header   'LYAN' | version u32 | text length u32 | crc32(text) u32 | text | zeros up to a multiple of 64
 *   record   sample u32 | rowLength × float32 | crc32(sample and values) u32
 *
 * Everything little-endian. Records lie in the order of their arrival, so a span is one sequential write; an
 * index in memory (sample → slot) finds them. A torn tail is cut off on open, a record whose checksum is
 * wrong counts as not there. The first answer to a sample is the one that counts, for ever.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';

const MAGIC = Buffer.from('LYAN');
const VERSION = 1;
const PREFIX_BYTES = 16;
const HEADER_ALIGNMENT = 64;
const HEADER_TEXT_MAX_BYTES = 64 * 1024;

/** Bytes read at a time while a file is opened; checksums of so much take about a millisecond. */
const SCAN_BYTES = 2 * 1024 * 1024;

export interface OpenedAnswerFile {
  readonly file: AnswerFile;
  /** Bytes cut off the end, and records left out for their checksums. */
  readonly tornBytes: number;
  readonly corruptCount: number;
}

export class AnswerFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #rowLength: number;
  readonly #recordBytes: number;
  readonly #headerBytes: number;
  /** Slot of each sample's record; -1: none. */
  readonly #slots: Int32Array;
  #slotCount = 0;

  private constructor(path: string, handle: FileHandle, shape: FileShape, headerBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#rowLength = shape.rowLength;
    this.#recordBytes = 8 + 4 * shape.rowLength;
    this.#headerBytes = headerBytes;
    this.#slots = new Int32Array(shape.sampleCount).fill(-1);
  }

  /**
   * Opens the file, made if it is not there, and reads it through.
   *
   * @param headerText - what the file holds answers of.
   * @throws {LyceumError} FAILED_PRECONDITION if it is another table's file, or no such file.
   */
  static async open(path: string, headerText: string, shape: FileShape): Promise<OpenedAnswerFile> {
    const header = encodeHeader(headerText);
    // 'a+' makes it where it is missing; every write appends.
    const handle = await open(path, 'a+');
    try {
      const { size } = await handle.stat();
      if (size < header.length) {
        // A crash between making the file and its first record; nothing of it was ever used.
        await checkPrefix(handle, path, header, size);
        await handle.truncate(0);
        await writeFully(handle, header);
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

  get sizeBytes(): number {
    return this.#headerBytes + this.#slotCount * this.#recordBytes;
  }

  /**
   * Appends answers in one write. The samples must not be there yet. One append at a time.
   *
   * @param rows - [samples.length, rowLength]
   */
  async append(samples: ArrayLike<number>, rows: Float32Array): Promise<void> {
    const count = samples.length;
    const bytes = Buffer.alloc(count * this.#recordBytes);
    const values = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
    const rowBytes = 4 * this.#rowLength;
    for (let i = 0; i < count; i++) {
      const start = i * this.#recordBytes;
      bytes.writeUInt32LE(samples[i] as number, start);
      values.copy(bytes, start + 4, i * rowBytes, (i + 1) * rowBytes);
      const sumAt = start + 4 + rowBytes;
      bytes.writeUInt32LE(crc32(bytes.subarray(start, sumAt)), sumAt);
    }
    const endBytes = this.sizeBytes;
    try {
      await writeFully(this.#handle, bytes);
    } catch (err) {
      // A full disk may have taken a part: records must stay on their stride.
      await this.#handle.truncate(endBytes);
      throw err;
    }
    for (let i = 0; i < count; i++) this.#slots[samples[i] as number] = this.#slotCount++;
  }

  /**
   * Reads answers into `out`, [samples.length, rowLength], in the order of `samples`.
   *
   * @returns the samples that are not there, or no longer: a record that has gone bad is forgotten.
   */
  async read(samples: ArrayLike<number>, out: Float32Array): Promise<number[]> {
    const missing: number[] = [];
    for (let i = 0; i < samples.length; ) {
      const slot = this.#slots[samples[i] as number] ?? -1;
      if (slot < 0) {
        missing.push(samples[i++] as number);
        continue;
      }
      // Answers are mostly read in the order in which they came: one read for a run of neighbours.
      let count = 1;
      while (
        i + count < samples.length &&
        this.#slots[samples[i + count] as number] === slot + count
      ) {
        count++;
      }
      const bytes = await this.#readSlots(slot, count);
      for (let j = 0; j < count; j++) {
        const sample = samples[i + j] as number;
        const record = bytes.subarray(j * this.#recordBytes, (j + 1) * this.#recordBytes);
        if (this.#isSound(record) && record.readUInt32LE(0) === sample) {
          this.#copyRow(record, out, (i + j) * this.#rowLength);
        } else {
          this.#slots[sample] = -1;
          missing.push(sample);
        }
      }
      i += count;
    }
    return missing;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Builds the index. `size`: of the file, header included. */
  async #scan(size: number): Promise<{ tornBytes: number; corruptCount: number }> {
    const records = Math.floor((size - this.#headerBytes) / this.#recordBytes);
    const tornBytes = size - this.#headerBytes - records * this.#recordBytes;
    if (tornBytes > 0) await this.#handle.truncate(size - tornBytes);
    this.#slotCount = records;
    const perRead = Math.max(1, Math.floor(SCAN_BYTES / this.#recordBytes));
    let corruptCount = 0;
    for (let first = 0; first < records; first += perRead) {
      const count = Math.min(perRead, records - first);
      const bytes = await this.#readSlots(first, count);
      for (let j = 0; j < count; j++) {
        const record = bytes.subarray(j * this.#recordBytes, (j + 1) * this.#recordBytes);
        const sample = record.readUInt32LE(0);
        if (!this.#isSound(record) || sample >= this.#slots.length) corruptCount++;
        else if (!this.has(sample)) this.#slots[sample] = first + j;
      }
    }
    return { tornBytes, corruptCount };
  }

  async #readSlots(first: number, count: number): Promise<Buffer> {
    const bytes = Buffer.alloc(count * this.#recordBytes);
    const position = this.#headerBytes + first * this.#recordBytes;
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, position);
    // What is missing reads as zeros, whose checksum is wrong.
    bytes.fill(0, bytesRead);
    return bytes;
  }

  #isSound(record: Buffer): boolean {
    const sumAt = this.#recordBytes - 4;
    return crc32(record.subarray(0, sumAt)) === record.readUInt32LE(sumAt);
  }

  #copyRow(record: Buffer, out: Float32Array, offset: number): void {
    const to = Buffer.from(out.buffer, out.byteOffset + offset * 4, this.#rowLength * 4);
    record.copy(to, 0, 4, 4 + this.#rowLength * 4);
  }
}

interface FileShape {
  readonly sampleCount: number;
  readonly rowLength: number;
}

function encodeHeader(text: string): Buffer {
  const textBytes = Buffer.from(text);
  if (textBytes.length > HEADER_TEXT_MAX_BYTES) {
    throw new LyceumError('INVALID_ARGUMENT', `a table's name has ${textBytes.length} bytes`);
  }
  const unpadded = PREFIX_BYTES + textBytes.length;
  const header = Buffer.alloc(Math.ceil(unpadded / HEADER_ALIGNMENT) * HEADER_ALIGNMENT);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 4);
  header.writeUInt32LE(textBytes.length, 8);
  header.writeUInt32LE(crc32(textBytes), 12);
  textBytes.copy(header, PREFIX_BYTES);
  return header;
}

/** The file's first bytes must be the header's. */
async function checkPrefix(
  handle: FileHandle,
  path: string,
  header: Buffer,
  length: number,
): Promise<void> {
  const found = Buffer.alloc(length);
  await handle.read(found, 0, length, 0);
  if (found.equals(header.subarray(0, length))) return;
  const message = `${path} holds answers to something else, or none; move it away`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

async function writeFully(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}
