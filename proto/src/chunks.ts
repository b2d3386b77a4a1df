import { CHUNK_BYTES } from './limits.js';

/** Views of the bytes, {@link CHUNK_BYTES} each; the last may be shorter. No bytes give no chunk. */
export function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, bytes.length - at);
    yield Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
  }
}
