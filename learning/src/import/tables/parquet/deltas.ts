/**
 * Checks values of a Parquet column that are stored as differences, before the library decodes them. The library
 * believes the sizes of blocks and loops for ever if one is below 0. It also believes the lengths of texts, even where
 * texts share their beginnings.
 *
 * https://github.com/apache/parquet-format/blob/master/Encodings.md, "Delta Encoding"
 */
import { GROUP_MAX_BYTES } from './codecs.js';

/** Greatest number of bits of a difference. */
const WIDTH_MAX = 64;
/** A block has a multiple of 128 values, in parts of a multiple of 32 values each. */
const PART_VALUES = 32;
const VALUES_MAX = 2 ** 31;

export function isOfDeltas(encoding: string): boolean {
  return encoding.startsWith('DELTA_');
}

/**
 * @param bytes - bytes of the values.
 * @throws {Error} saying what does not fit.
 */
export function checkDeltas(bytes: Uint8Array, encoding: string, count: number): void {
  if (count === 0) return;
  const reader = { bytes, at: 0 };
  if (encoding === 'DELTA_BINARY_PACKED') {
    readDeltas(reader, count);
    return;
  }
  const areShared = encoding === 'DELTA_BYTE_ARRAY';
  const shared = areShared ? readLengths(reader, count) : new Int32Array(count);
  const own = readLengths(reader, count);
  let [ownBytes, allBytes, before] = [0, 0, 0];
  for (let n = 0; n < count; n++) {
    const [start, rest] = [shared[n] as number, own[n] as number];
    if (start < 0 || start > before || rest < 0) {
      throw new Error(`a page has a value of ${start} bytes of the one before, and ${rest} others`);
    }
    before = start + rest;
    ownBytes += rest;
    allBytes += before;
  }
  const left = bytes.length - reader.at;
  if (ownBytes > left) throw new Error(`a page has values of ${ownBytes} bytes in ${left}`);
  if (allBytes > GROUP_MAX_BYTES) {
    const message = `a page has values of ${allBytes} bytes; at most ${GROUP_MAX_BYTES} are read`;
    throw new Error(message);
  }
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readLengths(reader: Reader, count: number): Int32Array {
  const lengths = new Int32Array(count);
  readDeltas(reader, count, lengths);
  return lengths;
}

/** @param taken - receives the values as whole numbers of 32 bits; absent: they are skipped. */
function readDeltas(reader: Reader, count: number, taken?: Int32Array): void {
  const [blockValues, partCount] = [readNumber(reader), readNumber(reader)];
  readNumber(reader);
  let value = readSigned(reader);
  if (taken !== undefined) taken[0] = value;
  const partValues = blockValues / partCount;
  if (!(blockValues < VALUES_MAX && partValues > 0 && partValues % PART_VALUES === 0)) {
    throw new Error(`a page has blocks of ${blockValues} differences in ${partCount} parts`);
  }
  for (let seen = 1; seen < count; ) {
    const least = readSigned(reader);
    const widths = reader.at;
    reader.at += partCount;
    for (let part = 0; part < partCount && seen < count; part++) {
      const width = reader.bytes[widths + part] ?? WIDTH_MAX + 1;
      if (width > (taken === undefined ? WIDTH_MAX : 32)) {
        throw new Error('the differences of a page are damaged, or end too early');
      }
      const here = Math.min(partValues, count - seen);
      if (taken !== undefined) {
        for (let n = 0; n < here; n++) {
          value = (value + least + bitsAt(reader, n * width, width)) | 0;
          taken[seen + n] = value;
        }
      }
      seen += here;
      reader.at += (partValues / 8) * width;
    }
  }
}

/** @returns the lowest 32 bits. */
function readNumber(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new Error('the differences of a page end too early');
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new Error('a page has a difference of more than 64 bits');
}

function readSigned(reader: Reader): number {
  const value = readNumber(reader);
  return (value >>> 1) ^ -(value & 1);
}

function bitsAt({ bytes, at }: Reader, bit: number, width: number): number {
  let value = 0;
  for (let n = 0; n < width; n++) {
    const place = bit + n;
    value |= (((bytes[at + (place >> 3)] ?? 0) >> (place & 7)) & 1) << n;
  }
  return value;
}
