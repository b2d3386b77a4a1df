/**
 * A checksum behind each message between our own programs. Without TLS nothing else tells a message in which the network
 * changed a bit: TCP's sum has 16 bits, and proxies make it anew.
 *
 *   message | FD FF FF FF 0F | crc32 of the message, u32, little-endian
 *
 * To protobuf it is a field of the greatest number that there is, which readers that do not know it pass over. A message
 * without it is taken as it is: clients in other languages write none.
 */
import { crc32 } from 'node:zlib';
import { LyceumError } from './errors.js';

/** Field 2^29 − 1, four bytes. */
const TAG = Buffer.from([0xfd, 0xff, 0xff, 0xff, 0x0f]);

/** What {@link checkedMessage} says. gRPC carries its words and not its code. */
export const MESSAGE_CHANGED = 'a message was changed on its way';

const SUM_BYTES = TAG.length + 4;

/** @returns the message that the parts are, and its checksum. */
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
 * @throws {LyceumError} UNAVAILABLE if another message was sent: sent again it may arrive.
 */
export function checkedMessage(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - SUM_BYTES;
  if (end < 0 || TAG.compare(bytes, end, end + TAG.length) !== 0) return bytes;
  const message = bytes.subarray(0, end);
  const sum = new DataView(bytes.buffer, bytes.byteOffset + end + TAG.length).getUint32(0, true);
  if (crc32(message) === sum) return message;
  throw new LyceumError('UNAVAILABLE', MESSAGE_CHANGED);
}
