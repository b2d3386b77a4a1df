/** The bytes of a push, in chunks that fit a message. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CHUNK_BYTES } from '@lyceum/proto';

/** Bytes in memory, or the path of a file, which is read as it is sent. */
export type ArtifactContent = Uint8Array | string;

export async function contentSize(content: ArtifactContent): Promise<number> {
  return typeof content === 'string' ? (await stat(content)).size : content.length;
}

export async function* contentChunks(
  content: ArtifactContent,
): AsyncGenerator<Buffer, void, undefined> {
  if (typeof content === 'string') {
    yield* createReadStream(content, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
    return;
  }
  for (let start = 0; start < content.length; start += CHUNK_BYTES) {
    yield Buffer.from(content.subarray(start, start + CHUNK_BYTES));
  }
}
