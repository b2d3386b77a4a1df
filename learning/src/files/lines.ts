/** The lines of a text file, read as a stream. No line may be longer than the reader's limit. */
import { createReadStream } from 'node:fs';
import { fileError } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { utf8Bytes } from './utf8.js';

const NEW_LINE = 0x0a;

/**
 * Lines without their ends, the first without a byte order mark.
 *
 * @param file - the file's name for messages.
 * @param bytes - of the file, or of another source.
 * @throws {LyceumError} INVALID_ARGUMENT naming a line that is too long, or a byte that is not UTF-8, or why the file
 *   cannot be read.
 */
export async function* linesOf(
  file: string,
  maxBytes: number,
  bytes: AsyncIterable<Buffer> = bytesOf(file),
): AsyncGenerator<string, void, undefined> {
  let number = 1;
  let parts: Buffer[] = [];
  let partBytes = 0;
  const line = (): string => {
    const text = Buffer.concat(parts).toString();
    return number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
  };
  const hold = (part: Buffer): void => {
    parts.push(part);
    partBytes += part.length;
    if (partBytes <= maxBytes) return;
    const message = `${file}, line ${number}: is longer than ${maxBytes} bytes`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  };
  for await (const chunk of utf8Bytes(bytes, file)) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEW_LINE, start);
      if (end < 0) break;
      hold(chunk.subarray(start, end));
      yield line();
      number += 1;
      parts = [];
      partBytes = 0;
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (partBytes > 0) yield line();
}

async function* bytesOf(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  } catch (err) {
    throw fileError('read', file, err) ?? err;
  }
}
