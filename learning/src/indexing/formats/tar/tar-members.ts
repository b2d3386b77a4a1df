/** The files and links in a tar, in one pass over its bytes: the place of each, and the bytes of the wanted ones. */
import { SampleRefusedError } from '../../../datasets/encoding/index.js';
import { shownName } from '../../../files/index.js';
import { type ByteQueue, readBytes } from '../rows/index.js';
import {
  BLOCK_BYTES,
  headerText,
  type PaxFields,
  readPaxFields,
  readTarHeader,
  type TarHeader,
} from './tar-header.js';

export interface TarMember {
  readonly name: string;
  /** Offset of the content's first byte. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Undefined: the member's bytes are not wanted. */
  readonly bytes: Buffer | undefined;
  /** Whether the member is a link: its bytes are those of another member, or of a file elsewhere. */
  readonly isLink: boolean;
}

/** Greatest size of a long name or a pax header. */
const HEADER_MAX_BYTES = 1024 * 1024;

const FILE_TYPES = ['0', '\0', '7'];
/** Hard links, to another member; symbolic links, to a path. */
const LINK_TYPES = ['1', '2'];
/** Links, devices, folders and pipes: they have no content, whatever size they claim. */
const EMPTY_TYPES = [...LINK_TYPES, '3', '4', '5', '6'];

/**
 * Reads up to the end of the archive; only zeros may follow.
 *
 * @throws {SampleRefusedError} if it is no tar, is damaged or cut off, or is several tars one after the other.
 */
export function tarMembers(
  chunks: AsyncIterable<Buffer>,
  isWanted: (name: string, sizeBytes: number) => boolean,
): AsyncGenerator<TarMember, void, undefined> {
  return readBytes(chunks, (queue) => members(queue, isWanted));
}

async function* members(
  queue: ByteQueue,
  isWanted: (name: string, sizeBytes: number) => boolean,
): AsyncGenerator<TarMember, void, undefined> {
  let global: PaxFields = new Map();
  let next: PaxFields = new Map();
  for (;;) {
    const at = queue.position;
    const block = await queue.take(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw cutOff(queue, at, 'before the end of the archive');
    const header = readTarHeader(block, at);
    if (header === undefined) break;
    const { type } = header;
    if (type === 'x' || type === 'g') {
      const fields = readPaxFields(await ownBytes(queue, header, at), at);
      if (type === 'g') global = new Map([...global, ...fields]);
      else next = new Map([...next, ...fields]);
    } else if (type === 'L' || type === 'K') {
      const bytes = await ownBytes(queue, header, at);
      if (type === 'L') next = new Map([...next, ['path', headerText(bytes)]]);
    } else {
      const member = named(header, new Map([...global, ...next]), at);
      next = new Map();
      if (LINK_TYPES.includes(type)) {
        yield { name: member.name, offset: at, sizeBytes: 0, bytes: undefined, isLink: true };
      }
      if (EMPTY_TYPES.includes(type)) continue;
      const isFile = FILE_TYPES.includes(type) && !member.name.endsWith('/');
      const wanted = isFile && isWanted(member.name, member.sizeBytes);
      const offset = queue.position;
      const bytes = await contentOf(queue, member, wanted);
      if (isFile) yield { ...member, offset, bytes, isLink: false };
    }
  }
  await refuseMore(queue);
}

function named(
  header: TarHeader,
  fields: PaxFields,
  at: number,
): { name: string; sizeBytes: number } {
  const name = fields.get('path') ?? header.name;
  const isSparse =
    header.type === 'S' || [...fields.keys()].some((key) => key.startsWith('GNU.sparse'));
  if (isSparse) {
    const message = `${shownName(name)} is a sparse file; write the tar without --sparse`;
    throw new SampleRefusedError('sparse file', message);
  }
  const size = fields.get('size');
  const sizeBytes = size === undefined ? header.sizeBytes : Number(size);
  if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return { name, sizeBytes };
  throw new SampleRefusedError('damaged tar', `the member at byte ${at} has size ${size}`);
}

/** @returns the member's bytes if they are wanted. Also skips the padding. */
async function contentOf(
  queue: ByteQueue,
  { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number },
  isWanted: boolean,
): Promise<Buffer | undefined> {
  const start = queue.position;
  const bytes = isWanted ? await queue.take(sizeBytes) : undefined;
  const padded = Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  await queue.skip(start + padded - queue.position);
  const missing = start + padded - queue.position;
  if (missing === 0) return bytes;
  throw cutOff(queue, start, `in ${shownName(name)}, which has ${sizeBytes} bytes`);
}

async function ownBytes(queue: ByteQueue, { sizeBytes }: TarHeader, at: number): Promise<Buffer> {
  if (sizeBytes > HEADER_MAX_BYTES) {
    const message = `the header at byte ${at} has ${sizeBytes} bytes; at most ${HEADER_MAX_BYTES} are read`;
    throw new SampleRefusedError('damaged tar', message);
  }
  return (await contentOf(queue, { name: 'a header', sizeBytes }, true)) as Buffer;
}

/** Refuses a second archive behind the first: two tars may have been written one after the other. */
async function refuseMore(queue: ByteQueue): Promise<void> {
  const end = queue.position;
  for await (const chunk of queue.rest()) {
    if (chunk.every((byte) => byte === 0)) continue;
    const message = `the archive ends at byte ${end}, and more than zeros follow: perhaps another archive, which no reader would see`;
    throw new SampleRefusedError('bytes after the end', message);
  }
}

function cutOff(queue: ByteQueue, from: number, where: string): SampleRefusedError {
  if (queue.position === 0) return new SampleRefusedError('empty file');
  const message = `is cut off: its bytes end at ${queue.position}, ${where} (from byte ${from})`;
  return new SampleRefusedError('cut off', message);
}
