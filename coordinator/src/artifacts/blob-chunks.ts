/** A blob on its way in: a header first, then its bytes. */
import { digestHex, LyceumError, TRAINED_MAX_BYTES } from '@lyceum/proto';

/** An uploader that has sent nothing for so long loses what it has sent. */
export const UPLOAD_STALL_MS = 60_000;

/** A message of an upload: the header, or the next bytes. */
export interface BlobPart<Header> {
  readonly part?:
    | { readonly $case: 'header'; readonly header: Header }
    | { readonly $case: 'chunk'; readonly chunk: Uint8Array }
    | undefined;
}

/**
 * Splits a stream into its header and the chunks behind it, which arrive as fast as they are read.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if it does not begin with a header. The chunks throw it for a second one.
 */
export async function headerAndChunks<Header>(
  parts: AsyncIterable<BlobPart<Header>>,
): Promise<{ header: Header; chunks: AsyncIterable<Uint8Array> }> {
  const rest = parts[Symbol.asyncIterator]();
  const first = await rest.next();
  const part = first.done === true ? undefined : first.value.part;
  if (part?.$case !== 'header') {
    throw new LyceumError('INVALID_ARGUMENT', 'the first message of an upload must be its header');
  }
  return { header: part.header, chunks: chunksOf({ [Symbol.asyncIterator]: () => rest }) };
}

async function* chunksOf(
  parts: AsyncIterable<BlobPart<unknown>>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { part } of parts) {
    if (part?.$case !== 'chunk') {
      throw new LyceumError('INVALID_ARGUMENT', 'an upload has one header; the rest are bytes');
    }
    yield part.chunk;
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT */
export function checkedBlob(
  digest: Uint8Array,
  sizeBytes: number,
): { digest: string; sizeBytes: number } {
  if (sizeBytes > TRAINED_MAX_BYTES) {
    const message = `an upload of ${sizeBytes} bytes; at most ${TRAINED_MAX_BYTES} are taken`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return { digest: digestHex(digest), sizeBytes };
}
