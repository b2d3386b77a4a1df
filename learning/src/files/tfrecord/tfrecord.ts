/**
 * TFRecord, TensorFlow's file of records: TensorBoard's events, examples of data sets.
 *
 *   record  length u64 | masked crc32c(length) u32 | bytes | masked crc32c(bytes) u32      little-endian
 *   masked  ((crc >> 15) | (crc << 17)) + 0xa282ead8
 *
 * tensorflow/core/lib/io/record_writer.cc
 */
import { crc32c } from './crc32c.js';

export const RECORD_HEADER_BYTES = 12;
export const RECORD_FOOTER_BYTES = 4;

export function tfRecord(bytes: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(RECORD_HEADER_BYTES + bytes.length + RECORD_FOOTER_BYTES);
  framed.writeBigUInt64LE(BigInt(bytes.length));
  framed.writeUInt32LE(masked(framed.subarray(0, 8)), 8);
  framed.set(bytes, RECORD_HEADER_BYTES);
  framed.writeUInt32LE(masked(bytes), RECORD_HEADER_BYTES + bytes.length);
  return framed;
}

/** @returns the size of the record's bytes; undefined: this is no header of a record. */
export function tfRecordLength(header: Buffer): number | undefined {
  if (header.readUInt32LE(8) !== masked(header.subarray(0, 8))) return undefined;
  const length = Number(header.readBigUInt64LE());
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Whether the bytes have the checksum that was written. */
export function isTfRecordWhole(bytes: Uint8Array, footer: Buffer): boolean {
  return footer.readUInt32LE() === masked(bytes);
}

/** A checksum in the form in which it is stored: a checksum over bytes that hold plain checksums would be weak. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
