/**
 * Zip archives as this system keeps them: a few members, all in memory, and bytes that depend on content only. This is
 * the one reader of zips: of NPZ files, data sets, model packages, checkpoints and reports.
 *
 * A reader checks what an archive says of itself against limits before it unpacks anything, so that a small file
 * cannot take all memory (a "zip bomb"). Refused are members whose size or checksum is not the one that the archive
 * says, and everything that two readers could understand differently: members that share bytes, two members of one
 * name, names that lead elsewhere.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';
import { type Zippable, zipSync } from 'fflate';
import {
  type ArchiveBytes,
  type ByteSpan,
  readEntries,
  STORED,
  type ZipEntry,
  ZipError,
  type ZipLimits,
} from './zip-directory.js';

/** The time of every member: the first year that the format knows. Noon exists in every time zone. */
export const MEMBER_TIME = new Date(1980, 0, 1, 12);

/** @returns the archive's bytes: members stored, sorted by name, with one fixed time. */
export function writeZip(members: ReadonlyMap<string, Uint8Array>): Buffer {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  const zippable: Zippable = Object.fromEntries(sorted);
  const bytes = zipSync(zippable, { level: 0, mtime: MEMBER_TIME, os: 0, attrs: 0 });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * @param what - what the archive is, for messages.
 * @returns the members by name, without folders; views into `bytes` if they are not compressed.
 * @throws {LyceumError} INVALID_ARGUMENT if `bytes` is no archive, is damaged or exceeds the limits.
 */
export function readZip(
  bytes: Uint8Array,
  limits: ZipLimits,
  what: string,
): Map<string, Uint8Array> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return named(what, () => {
    const { entries, spans } = readEntries(archive, limits);
    return new Map(
      entries.map((entry, i) => {
        const { start, end } = spans[i] as ByteSpan;
        return [entry.name, unpacked(archive.subarray(start, end), entry)];
      }),
    );
  });
}

/**
 * Where the members of an archive are. The archive's digest must have been checked: checksums of members are not
 * verified, since that needs all bytes.
 *
 * @param limits - must refuse compression.
 * @throws {LyceumError} as {@link readZip}.
 */
export function zipSpans(
  archive: ArchiveBytes,
  limits: ZipLimits,
  what: string,
): Map<string, ByteSpan> {
  return named(what, () => {
    const { entries, spans } = readEntries(archive, limits);
    return new Map(entries.map(({ name }, i) => [name, spans[i] as ByteSpan]));
  });
}

/** Adds the archive's name to an error. */
function named<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (err) {
    if (!(err instanceof ZipError)) throw err;
    throw new LyceumError('INVALID_ARGUMENT', `${what}: ${err.message}`, { cause: err });
  }
}

/** @throws {ZipError} if the bytes do not have the size and the checksum that the archive says. */
function unpacked(packed: Buffer, { name, method, crc, sizeBytes }: ZipEntry): Uint8Array {
  const member = method === STORED ? packed : inflated(packed, name, sizeBytes);
  if (member.length !== sizeBytes) {
    throw new ZipError(`${name} should have ${sizeBytes} bytes, and has ${member.length}`);
  }
  if (crc32(member) === crc) {
    return new Uint8Array(member.buffer, member.byteOffset, member.byteLength);
  }
  throw new ZipError(
    `${name} is damaged: its bytes do not have the checksum (CRC-32) that the archive gives for them`,
  );
}

function inflated(packed: Buffer, name: string, sizeBytes: number): Buffer {
  try {
    // zlib takes no limit of 0. A byte too many is found by the size.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) });
  } catch (err) {
    const tooLong = err instanceof Error && 'code' in err && err.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLong) {
      throw new ZipError(`${name} unpacks to more than the ${sizeBytes} bytes that it should have`);
    }
    throw new ZipError(`${name} is damaged: its compressed bytes cannot be unpacked`);
  }
}
