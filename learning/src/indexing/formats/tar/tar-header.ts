/**
 * Headers of a tar's members: POSIX ustar and pax (IEEE Std 1003.1-2017, "pax", Extended Description), and GNU's long
 * names and large numbers (GNU tar manual, "Basic Tar Format"). Pure.
 */
import { isUtf8 } from 'node:buffer';
import { SampleRefusedError } from '../../../datasets/encoding/index.js';

export const BLOCK_BYTES = 512;

/** The first bytes of gzip, Zstandard, bzip2, xz and zip. */
const COMPRESSED = ['\x1f\x8b', '\x28\xb5\x2f\xfd', 'BZh', '\xfd7zXZ\0', 'PK\x03\x04'];

export interface TarHeader {
  readonly name: string;
  /** Size of the content that follows the header. */
  readonly sizeBytes: number;
  /** The type flag: '0' is a file. */
  readonly type: string;
}

/** Fields of a pax header: `path`, `size`. */
export type PaxFields = ReadonlyMap<string, string>;

/**
 * @param at - position of the block in the archive.
 * @returns undefined for a block of zeros, which ends an archive.
 * @throws {SampleRefusedError} if the block is no header.
 */
export function readTarHeader(block: Buffer, at: number): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const written = octal(block.subarray(148, 156));
  const sum = block.reduce((total, byte, index) => {
    return total + (index >= 148 && index < 156 ? 0x20 : byte);
  }, 0);
  if (written !== sum) throw noTar(block, at);
  const sizeBytes = number(block.subarray(124, 136));
  if (sizeBytes === undefined) {
    throw new SampleRefusedError('damaged tar', `the member at byte ${at} has no size`);
  }
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? headerText(block.subarray(345, 500)) : '';
  const name = headerText(block.subarray(0, 100));
  const type = String.fromCharCode(block[156] as number);
  return { name: prefix === '' ? name : `${prefix}/${name}`, sizeBytes, type };
}

/** @throws {SampleRefusedError} if the bytes are no pax records. */
export function readPaxFields(bytes: Buffer, at: number): PaxFields {
  const fields = new Map<string, string>();
  let start = 0;
  while (start < bytes.length) {
    const space = bytes.indexOf(0x20, start);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', start, space));
    const equals = bytes.indexOf(0x3d, space);
    const end = start + length;
    if (!(Number.isInteger(length) && end <= bytes.length && equals > space && equals < end)) {
      throw new SampleRefusedError('damaged tar', `the pax header at byte ${at} is damaged`);
    }
    fields.set(
      bytes.toString('utf8', space + 1, equals),
      headerText(bytes.subarray(equals + 1, end - 1)),
    );
    start = end;
  }
  return fields;
}

function noTar(block: Buffer, at: number): SampleRefusedError {
  if (at > 0) {
    const message = `at byte ${at} a member should begin, and the checksum there is wrong`;
    return new SampleRefusedError('damaged tar', message);
  }
  const isCompressed = COMPRESSED.some((begin) => block.toString('latin1').startsWith(begin));
  const message = isCompressed
    ? 'is compressed, so no picture in it can be read by itself; unpack it first, pictures are compressed already'
    : 'is no tar';
  return new SampleRefusedError('no tar', message);
}

/**
 * A text that ends at the first zero. If it is not UTF-8, it is read byte by byte, so that different names stay
 * different.
 */
export function headerText(field: Buffer): string {
  const end = field.indexOf(0);
  const bytes = field.subarray(0, end < 0 ? field.length : end);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** A number in octal digits, empty for 0, or in GNU's binary form. */
function number(field: Buffer): number | undefined {
  if (((field[0] as number) & 0x80) === 0) {
    return headerText(field).trim() === '' ? 0 : octal(field);
  }
  const high = field.readUIntBE(field.length - 8, 2);
  const isLarge = field.subarray(1, field.length - 8).some((byte) => byte !== 0) || high > 0x1f;
  return isLarge ? undefined : high * 2 ** 48 + field.readUIntBE(field.length - 6, 6);
}

function octal(field: Buffer): number | undefined {
  const digits = headerText(field).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
