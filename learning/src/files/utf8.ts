/**
 * Texts that must be UTF-8. Other bytes would all be decoded to the same replacement character: `Bär` and `Bür` in
 * Latin-1 would become one class. So the first such byte is refused by its place, with advice.
 */
import { isUtf8 } from 'node:buffer';
import { LyceumError } from '@lyceum/proto';

const NEW_LINE = 0x0a;
/** A character has at most this many bytes. */
const CHARACTER_MAX_BYTES = 4;
/** Size of the blocks in which the first invalid byte is searched. */
const BLOCK_BYTES = 4096;

/** The first bytes of texts in other encodings. Longer marks come first, since one begins with another. */
const OTHER_MARKS = [
  { encoding: 'utf-32', mark: Buffer.of(0xff, 0xfe, 0, 0) },
  { encoding: 'utf-32', mark: Buffer.of(0, 0, 0xfe, 0xff) },
  { encoding: 'utf-16', mark: Buffer.of(0xff, 0xfe) },
  { encoding: 'utf-16', mark: Buffer.of(0xfe, 0xff) },
];

/**
 * Hands the bytes on unchanged if all of them are UTF-8 text.
 *
 * @param what - the file, for messages.
 * @throws {LyceumError} INVALID_ARGUMENT naming line and byte of the first invalid byte, and how to convert the
 *   file.
 */
export async function* utf8Bytes(
  chunks: AsyncIterable<Buffer>,
  what: string,
): AsyncGenerator<Buffer, void, undefined> {
  let lineIndex = 0;
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // A character that continues in the next chunk waits for it. The file's first bytes show its encoding.
    const end = offset === 0 && bytes.length < CHARACTER_MAX_BYTES ? 0 : wholeEnd(bytes);
    const whole = bytes.subarray(0, end);
    requireUtf8(whole, what, { offset, lineIndex });
    if (end > 0) yield whole;
    offset += end;
    lineIndex += countLines(whole);
    rest = bytes.subarray(end);
  }
  requireUtf8(rest, what, { offset, lineIndex });
  if (rest.length > 0) yield rest;
}

/**
 * Decodes a whole text.
 *
 * @returns the text, without a byte order mark.
 * @throws {LyceumError} as {@link utf8Bytes}.
 */
export function utf8Text(bytes: Buffer, what: string): string {
  requireUtf8(bytes, what, { offset: 0, lineIndex: 0 });
  const text = bytes.toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** A byte's place in a file, from 0. */
interface Place {
  readonly offset: number;
  readonly lineIndex: number;
}

function requireUtf8(bytes: Buffer, what: string, { offset, lineIndex }: Place): void {
  const mark =
    offset === 0 ? OTHER_MARKS.find((known) => startsWith(bytes, known.mark)) : undefined;
  if (mark !== undefined) throw refusal(what, `is ${mark.encoding.toUpperCase()}`, mark.encoding);
  const zero = bytes.indexOf(0);
  const text = zero < 0 ? bytes : bytes.subarray(0, zero);
  const at = isUtf8(text) ? zero : strangeOffset(text);
  if (at < 0) return;
  const byte = bytes[at] as number;
  const line = lineIndex + countLines(bytes.subarray(0, at)) + 1;
  const hex = byte.toString(16).padStart(2, '0');
  const place = `at byte ${offset + at + 1} of the file (0x${hex})`;
  if (at === zero) throw refusal(`${what}, line ${line}`, `is no text ${place}`, 'utf-16');
  // In Latin-1 these bytes are no printed characters, in Windows-1252 they are.
  const encoding = byte < 0xa0 ? 'windows-1252' : 'latin1';
  throw refusal(`${what}, line ${line}`, `is not UTF-8 ${place}`, encoding);
}

function refusal(where: string, message: string, encoding: string): LyceumError {
  const advice = `want UTF-8. If it is ${encoding}: iconv -f ${encoding} -t utf-8 OLD > NEW`;
  return new LyceumError('INVALID_ARGUMENT', `${where}: ${message}; ${advice}`);
}

function startsWith(bytes: Buffer, mark: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark);
}

/** Where a last character begins that may continue behind the end; else the end. */
function wholeEnd(bytes: Buffer): number {
  for (let back = 1; back < CHARACTER_MAX_BYTES && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte >= 0xc0) return bytes.length - back;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

/** Offset of the first byte that is not UTF-8. There must be one. */
function strangeOffset(bytes: Buffer): number {
  let sound = 0;
  for (;;) {
    const length = wholeEnd(bytes.subarray(sound, sound + BLOCK_BYTES));
    if (length === 0 || !isUtf8(bytes.subarray(sound, sound + length))) break;
    sound += length;
  }
  for (;;) {
    const rest = bytes.subarray(sound, sound + CHARACTER_MAX_BYTES);
    const length = [1, 2, 3, 4].find((n) => n <= rest.length && isUtf8(rest.subarray(0, n)));
    if (length === undefined) return sound;
    sound += length;
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE, at + 1)) count += 1;
  return count;
}
