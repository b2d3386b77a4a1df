/** Sends and receives bytes of artifacts, in chunks that fit into a message. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type ArtifactClient, openClientStream } from '@lyceum/platform';
import {
  type Artifact,
  type ArtifactKind,
  CHUNK_BYTES,
  chunksOf,
  PushArtifactHeader,
  type PushArtifactRequest,
  type PushArtifactResponse,
} from '@lyceum/proto';
import { present } from './present.js';
import type { TransferOptions } from './watching.js';

/** Bytes in memory, or the path of a file, which is read as it is sent. */
export type ArtifactContent = Uint8Array | string;

export async function pushArtifact(
  client: ArtifactClient,
  artifact: {
    readonly kind: ArtifactKind;
    readonly name: string;
    readonly content: ArtifactContent;
  },
  options: TransferOptions,
): Promise<{ readonly artifact: Artifact; readonly created: boolean }> {
  const { kind, name, content } = artifact;
  const sizeBytes = await contentSize(content);
  const push = openClientStream<PushArtifactRequest, PushArtifactResponse>(
    (done) => client.pushArtifact(done),
    options,
  );
  const header = PushArtifactHeader.fromPartial({ kind, name, sizeBytes });
  try {
    await push.send({ part: { $case: 'header', header } });
    let sentBytes = 0;
    for await (const chunk of contentChunks(content)) {
      await push.send({ part: { $case: 'chunk', chunk } });
      sentBytes += chunk.length;
      options.onProgress?.(sentBytes, sizeBytes);
    }
  } catch (err) {
    // The file cannot be read. If the call stayed open, both ends would wait for each other.
    push.cancel();
    throw err;
  }
  push.end();
  const response = await push.response;
  return { artifact: present(response.artifact), created: response.created };
}

/** @param total - number of bytes to come, if known. */
export async function collect(
  messages: AsyncIterable<{ readonly chunk: Uint8Array }>,
  { onProgress }: TransferOptions = {},
  total?: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const { chunk } of messages) {
    chunks.push(chunk);
    receivedBytes += chunk.length;
    onProgress?.(receivedBytes, total);
  }
  return Buffer.concat(chunks);
}

async function contentSize(content: ArtifactContent): Promise<number> {
  return typeof content === 'string' ? (await stat(content)).size : content.length;
}

function contentChunks(content: ArtifactContent): AsyncIterable<Buffer> | Iterable<Buffer> {
  return typeof content === 'string'
    ? createReadStream(content, { highWaterMark: CHUNK_BYTES })
    : chunksOf(content);
}
