/**
 * A checksum after each message between our own programs. Without TLS nothing else shows that the network changed a
 * bit of a message: TCP's checksum has 16 bits, and proxies compute it anew.
 *
 *   message | FD FF FF FF 0F | crc32 of the message, u32, little-endian
 *
 * To protobuf the checksum is a field with the greatest possible number, which other readers skip as unknown. A
 * message without a checksum is accepted unchecked: clients in other languages write none.
 */
import { crc32 } from 'node:zlib';
import { LyceumError } from './errors.js';

/** Tag of field 2^29 − 1, a value of four bytes. */
const TAG = Buffer.from([0xfd, 0xff, 0xff, 0xff, 0x0f]);

/** The error text of {@link checkedMessage}. gRPC carries the text, not the code. */
export const MESSAGE_CHANGED = 'a message was changed on its way';

const SUM_BYTES = TAG.length + 4;

/** @returns the parts in one buffer, followed by their checksum. */
export function withSum(parts: readonly Uint8Array[]): Buffer {
  const sum = Buffer.allocUnsafe(SUM_BYTES);
  TAG.copy(sum);
  let crc = 0;
  for (const part of parts) crc = crc32(part, crc);
  sum.writeUInt32LE(crc, TAG.length);
  return Buffer.concat([...parts, sum]);
}

/**
 * @returns the message without its checksum, a view into `bytes`.
 * @throws {LyceumError} UNAVAILABLE if the checksum is wrong: the message may arrive whole if it is sent again.
 */
export function checkedMessage(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - SUM_BYTES;
  if (end < 0 || TAG.compare(bytes, end, end + TAG.length) !== 0) return bytes;
  const message = bytes.subarray(0, end);
  const sum = new DataView(bytes.buffer, bytes.byteOffset + end + TAG.length).getUint32(0, true);
  if (crc32(message) === sum) return message;
  throw new LyceumError('UNAVAILABLE', MESSAGE_CHANGED);
}
