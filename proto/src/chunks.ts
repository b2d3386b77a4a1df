import { CHUNK_BYTES } from './limits.js';

/** The bytes in chunks of {@link CHUNK_BYTES}, the last one shorter; of none no chunk. They are views, no copies. */
export function* chunksOf(bytes: Uint8Array): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, bytes.length - at);
    yield Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
  }
}
