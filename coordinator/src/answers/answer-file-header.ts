/**
 * How a file of answers begins: it names its table.
 *
 *   'LYAN' | version u32 | text length u32 | crc32(text) u32 | text | zeros up to a multiple of 64
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';

const MAGIC = Buffer.from('LYAN');
const VERSION = 1;
const PREFIX_BYTES = 16;
const HEADER_ALIGNMENT = 64;
const HEADER_TEXT_MAX_BYTES = 64 * 1024;

export function encodeHeader(text: string): Buffer {
  const textBytes = Buffer.from(text);
  if (textBytes.length > HEADER_TEXT_MAX_BYTES) {
    throw new LyceumError('INVALID_ARGUMENT', `a table's name has ${textBytes.length} bytes`);
  }
  const unpadded = PREFIX_BYTES + textBytes.length;
  const header = Buffer.alloc(Math.ceil(unpadded / HEADER_ALIGNMENT) * HEADER_ALIGNMENT);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 4);
  header.writeUInt32LE(textBytes.length, 8);
  header.writeUInt32LE(crc32(textBytes), 12);
  textBytes.copy(header, PREFIX_BYTES);
  return header;
}

/** The file's first bytes must be the header's. */
export async function checkPrefix(
  handle: FileHandle,
  path: string,
  header: Buffer,
  length: number,
): Promise<void> {
  const found = Buffer.alloc(length);
  await handle.read(found, 0, length, 0);
  if (found.equals(header.subarray(0, length))) return;
  const message = `${path} belongs to another table, or holds no answers; move it away`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/**
 * The header's text of the file at `path`: the key of its table. The file is not changed.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if it is no file of answers.
 */
export async function readHeaderText(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    await handle.read(prefix, 0, PREFIX_BYTES, 0);
    const length = prefix.readUInt32LE(8);
    const sound = prefix.subarray(0, 4).equals(MAGIC) && prefix.readUInt32LE(4) === VERSION;
    const text = Buffer.alloc(sound && length <= HEADER_TEXT_MAX_BYTES ? length : 0);
    await handle.read(text, 0, text.length, PREFIX_BYTES);
    if (text.length > 0 && crc32(text) === prefix.readUInt32LE(12)) return text.toString();
  } finally {
    await handle.close();
  }
  throw new LyceumError('FAILED_PRECONDITION', `${path} is no answer file`);
}
