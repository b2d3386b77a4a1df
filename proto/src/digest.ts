/** SHA-256 digests: 64 hex digits in text, 32 bytes in messages. */
import { createHash } from 'node:crypto';
import { LyceumError } from './errors.js';

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws {LyceumError} INVALID_ARGUMENT if `hex` is not 64 hex digits. */
export function digestBytes(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new LyceumError('INVALID_ARGUMENT', `"${hex}" is not a SHA-256: want 64 hex digits`);
  }
  return Buffer.from(hex, 'hex');
}

/** @throws {LyceumError} INVALID_ARGUMENT if `bytes` is not 32 bytes long. */
export function digestHex(bytes: Uint8Array): string {
  if (bytes.length !== 32) {
    throw new LyceumError('INVALID_ARGUMENT', `a SHA-256 has 32 bytes, got ${bytes.length}`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
