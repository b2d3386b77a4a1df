/**
 * Zip archives as this system keeps them: a few members, all in memory, and bytes that depend on content only. This is
 * the one reader of zips: of NPZ files, data sets, model packages, checkpoints and reports.
 *
 * A reader checks what an archive says of itself against limits before it unpacks anything, so that a small
 * file cannot claim all memory (a "zip bomb"). A member whose size or checksum is another than the archive says is
 * refused, and so is what two readers could take for different things: members that share bytes, two of one name,
 * names that lead elsewhere.
 *
 * The format is that of PKWARE's APPNOTE, sections 4.3.7 (local header), 4.3.12 (directory) and 4.3.16 (end record),
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';
import { type Zippable, zipSync } from 'fflate';

export interface ZipLimits {
  readonly maxMembers: number;
  /** All members together, unpacked. */
  readonly maxBytes: number;
  /**
   * Whether members may be compressed, to a thousandth of what they unpack to. In archives that this system writes
   * they never are, so that a peer's archive unpacks to no more bytes than it sent.
   */
  readonly compression: 'allowed' | 'refused';
}

/** Of a member's name, in bytes: what file systems take. */
const NAME_MAX_BYTES = 255;

/** Archives carry no other time than this, the first that the format knows. Noon exists in every time zone. */
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
 * @returns the members by name, folders left out; views into `bytes` where they are not compressed.
 * @throws {LyceumError} INVALID_ARGUMENT if it is no archive, is damaged or is greater than the limits.
 */
export function readZip(
  bytes: Uint8Array,
  limits: ZipLimits,
  what: string,
): Map<string, Uint8Array> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { entries, directoryOffset } = readDirectory(archive);
    refuseBeyondLimits(entries, limits);
    const packed = packedBytes(archive, entries, directoryOffset);
    return new Map(entries.map((entry, i) => [entry.name, unpacked(packed[i] as Buffer, entry)]));
  } catch (err) {
    if (!(err instanceof ZipError)) throw err;
    throw new LyceumError('INVALID_ARGUMENT', `${what}: ${err.message}`, { cause: err });
  }
}

/** What is wrong with an archive; {@link readZip} says which archive. */
class ZipError extends Error {}

/** A member as the directory has it. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;
const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 };
const CENTRAL_HEADER = { signature: 0x02014b50, bytes: 46 };
const END_RECORD = { signature: 0x06054b50, bytes: 22 };
const COMMENT_MAX_BYTES = 0xffff;

/** @returns the members, folders left out. */
function readDirectory(archive: Buffer): { entries: ZipEntry[]; directoryOffset: number } {
  const end = endRecordOffset(archive);
  const count = archive.readUInt16LE(end + 10);
  const directoryBytes = archive.readUInt32LE(end + 12);
  const directoryOffset = archive.readUInt32LE(end + 16);
  if (count === 0xffff || directoryOffset === 0xffffffff || directoryBytes === 0xffffffff) {
    throw new ZipError(
      'is a zip64 archive, for 4 GiB or 65,535 members and more; want a plain zip',
    );
  }
  const isSplit = archive.readUInt32LE(end + 4) !== 0 || archive.readUInt16LE(end + 8) !== count;
  if (isSplit) throw damaged('it is one part of several');
  if (directoryOffset + directoryBytes !== end) throw damaged('its directory is not where it says');
  const entries: ZipEntry[] = [];
  let at = directoryOffset;
  for (let i = 0; i < count; i++) {
    const { entry, endOffset } = readEntry(archive.subarray(0, end), at);
    if (!entry.name.endsWith('/')) entries.push(entry);
    at = endOffset;
  }
  if (at !== end) throw damaged('its directory has another length than it says');
  return { entries, directoryOffset };
}

function endRecordOffset(archive: Buffer): number {
  const last = archive.length - END_RECORD.bytes;
  for (let at = last; at >= 0 && at >= last - COMMENT_MAX_BYTES; at--) {
    if (archive.readUInt32LE(at) !== END_RECORD.signature) continue;
    if (at + END_RECORD.bytes + archive.readUInt16LE(at + 20) === archive.length) return at;
  }
  throw damaged('its end is missing');
}

function readEntry(directory: Buffer, at: number): { entry: ZipEntry; endOffset: number } {
  const isHeader =
    at + CENTRAL_HEADER.bytes <= directory.length &&
    directory.readUInt32LE(at) === CENTRAL_HEADER.signature;
  if (!isHeader) throw damaged('its directory cannot be read');
  const nameOffset = at + CENTRAL_HEADER.bytes;
  const nameEnd = nameOffset + directory.readUInt16LE(at + 28);
  const endOffset = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  if (endOffset > directory.length) throw damaged('its directory cannot be read');
  const name = memberName(directory.subarray(nameOffset, nameEnd));
  if ((directory.readUInt16LE(at + 8) & ENCRYPTED_FLAGS) !== 0) {
    throw new ZipError(`${name} is encrypted; want an archive without a password`);
  }
  const entry = {
    name,
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packedBytes: directory.readUInt32LE(at + 20),
    sizeBytes: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  if ([entry.packedBytes, entry.sizeBytes, entry.offset].includes(0xffffffff)) {
    throw new ZipError(`${name} is a zip64 member, of 4 GiB or more; want a plain zip`);
  }
  return { entry, endOffset };
}

/** @throws {ZipError} if it is too long, no text, or could mean a place outside of where it is unpacked. */
function memberName(bytes: Buffer): string {
  if (bytes.length === 0 || bytes.length > NAME_MAX_BYTES) {
    const want = `want 1 to ${NAME_MAX_BYTES}`;
    throw new ZipError(`has a member with a name of ${bytes.length} bytes; ${want}`);
  }
  const name = bytes.toString();
  const isPlain =
    Buffer.from(name).equals(bytes) &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
    !/[\u0000-\u001f\u007f-\u009f\\]/.test(name) &&
    !name.startsWith('/') &&
    !name.split('/').some((part) => part === '..' || part === '.');
  if (isPlain) return name;
  const want = 'want a relative path in UTF-8 without "..", "\\" and control characters';
  throw new ZipError(`has a member named ${JSON.stringify(name)}; ${want}`);
}

function refuseBeyondLimits(entries: readonly ZipEntry[], limits: ZipLimits): void {
  if (entries.length > limits.maxMembers) {
    throw new ZipError(`has more than ${limits.maxMembers} members`);
  }
  const names = new Set<string>();
  let total = 0;
  for (const { name, method, sizeBytes } of entries) {
    if (names.has(name)) throw new ZipError(`has two members named ${name}`);
    names.add(name);
    total += sizeBytes;
    if (total > limits.maxBytes) {
      const most = `at most ${limits.maxBytes} are read`;
      throw new ZipError(`unpacks to ${total} bytes or more; ${most}`);
    }
    if (method === DEFLATED && limits.compression === 'refused') {
      throw new ZipError(`${name} is compressed; want members stored as they are, as a push does`);
    }
    if (method !== STORED && method !== DEFLATED) {
      const want = 'want members stored, or compressed by Deflate';
      throw new ZipError(`${name} is compressed by method ${method}; ${want}`);
    }
  }
}

/** @returns each member's bytes in the archive, none of them in two members. */
function packedBytes(
  archive: Buffer,
  entries: readonly ZipEntry[],
  directoryOffset: number,
): Buffer[] {
  const spans = entries.map((entry) => memberSpan(archive, entry));
  const ends = entries.map(({ offset }, i) => ({ offset, end: spans[i]?.end as number }));
  ends.sort((a, b) => a.offset - b.offset);
  for (const [i, { end }] of ends.entries()) {
    const next = ends[i + 1]?.offset ?? directoryOffset;
    if (end > next) throw damaged('members share bytes with each other or with the directory');
  }
  return spans.map(({ start, end }) => archive.subarray(start, end));
}

/** Where a member's bytes are; the header in front of them must be that of the directory. */
function memberSpan(archive: Buffer, entry: ZipEntry): { start: number; end: number } {
  const { name, method, offset } = entry;
  const isHeader =
    offset + LOCAL_HEADER.bytes <= archive.length &&
    archive.readUInt32LE(offset) === LOCAL_HEADER.signature;
  if (!isHeader) throw damaged(`${name} is not where its directory says`);
  const nameOffset = offset + LOCAL_HEADER.bytes;
  const nameEnd = nameOffset + archive.readUInt16LE(offset + 26);
  const start = nameEnd + archive.readUInt16LE(offset + 28);
  const isSame =
    archive.subarray(nameOffset, nameEnd).equals(Buffer.from(name)) &&
    archive.readUInt16LE(offset + 8) === method;
  if (!isSame) throw damaged(`${name} is called otherwise in front of its bytes`);
  const end = start + entry.packedBytes;
  if (end > archive.length) throw damaged(`${name} ends behind the archive`);
  return { start, end };
}

/** @throws {ZipError} if the bytes are not those that the archive was written with. */
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
    // A limit of 0 is not taken; a byte too many is found by the size.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) });
  } catch (err) {
    const tooLong = err instanceof Error && 'code' in err && err.code === 'ERR_BUFFER_TOO_LARGE';
    if (tooLong) {
      throw new ZipError(`${name} unpacks to more than the ${sizeBytes} bytes that it should have`);
    }
    throw new ZipError(`${name} is damaged: its compressed bytes cannot be unpacked`);
  }
}

function damaged(reason: string): ZipError {
  return new ZipError(`not a zip archive, or a damaged one (${reason})`);
}
