/**
 * What an archive says of its members, in its directory and in the headers before their bytes. It is checked against
 * limits and for contradictions before anything is unpacked.
 *
 * The format is that of PKWARE's APPNOTE, sections 4.3.7 (local header), 4.3.12 (directory) and 4.3.16 (end record),
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

export interface ZipLimits {
  readonly maxMembers: number;
  /** Greatest size of all members together, unpacked. */
  readonly maxBytes: number;
  /**
   * Whether members may be compressed, down to a thousandth of their size. Archives that this system writes never have
   * compressed members, so a peer's archive unpacks to no more bytes than it sent.
   */
  readonly compression: 'allowed' | 'refused';
}

/** Greatest length of a member's name: the limit of file systems. */
const NAME_MAX_BYTES = 255;

/** An archive's bytes, in memory or elsewhere. */
export interface ArchiveBytes {
  readonly length: number;
  /** Bytes [start, end), or fewer at the archive's end. */
  subarray(start: number, end: number): Buffer;
}

/** Where a member's bytes are in the archive. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** @returns the members without folders, and where each one is. */
export function readEntries(
  archive: ArchiveBytes,
  limits: ZipLimits,
): { entries: readonly ZipEntry[]; spans: readonly ByteSpan[] } {
  const { entries, directoryOffset } = readDirectory(archive);
  refuseBeyondLimits(entries, limits);
  return { entries, spans: memberSpans(archive, entries, directoryOffset) };
}

/** What is wrong with an archive; {@link readZip} says which archive. */
export class ZipError extends Error {}

/** A member's entry in the directory. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

export const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;
const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 };
const CENTRAL_HEADER = { signature: 0x02014b50, bytes: 46 };
const END_RECORD = { signature: 0x06054b50, bytes: 22 };
const COMMENT_MAX_BYTES = 0xffff;

/** @returns the members without folders. */
function readDirectory(archive: ArchiveBytes): { entries: ZipEntry[]; directoryOffset: number } {
  const { end, record } = endRecord(archive);
  const count = record.readUInt16LE(10);
  const directoryBytes = record.readUInt32LE(12);
  const directoryOffset = record.readUInt32LE(16);
  if (count === 0xffff || directoryOffset === 0xffffffff || directoryBytes === 0xffffffff) {
    throw new ZipError(
      'is a zip64 archive, for 4 GiB or 65,535 members and more; want a plain zip',
    );
  }
  const isSplit = record.readUInt32LE(4) !== 0 || record.readUInt16LE(8) !== count;
  if (isSplit) throw damaged('it is one part of several');
  if (directoryOffset + directoryBytes !== end) throw damaged('its directory is not where it says');
  const directory = archive.subarray(directoryOffset, end);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, endOffset } = readEntry(directory, at);
    if (!entry.name.endsWith('/')) entries.push(entry);
    at = endOffset;
  }
  if (at !== directory.length) throw damaged('its directory has another length than it says');
  return { entries, directoryOffset };
}

/** @returns the end record, and where it begins. */
function endRecord(archive: ArchiveBytes): { end: number; record: Buffer } {
  const tailOffset = Math.max(0, archive.length - END_RECORD.bytes - COMMENT_MAX_BYTES);
  const tail = archive.subarray(tailOffset, archive.length);
  for (let at = tail.length - END_RECORD.bytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_RECORD.signature) continue;
    const record = tail.subarray(at);
    if (END_RECORD.bytes + record.readUInt16LE(20) === record.length) {
      return { end: tailOffset + at, record };
    }
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

/** @throws {ZipError} if the name is too long, no text, or leads out of the folder into which it is unpacked. */
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

/** Where members are. No byte may belong to two of them. */
function memberSpans(
  archive: ArchiveBytes,
  entries: readonly ZipEntry[],
  directoryOffset: number,
): ByteSpan[] {
  const spans = entries.map((entry) => memberSpan(archive, entry));
  const ends = entries.map(({ offset }, i) => ({ offset, end: spans[i]?.end as number }));
  ends.sort((a, b) => a.offset - b.offset);
  for (const [i, { end }] of ends.entries()) {
    const next = ends[i + 1]?.offset ?? directoryOffset;
    if (end > next) throw damaged('members share bytes with each other or with the directory');
  }
  return spans;
}

/** Where a member's bytes are. The header before them must agree with the directory. */
function memberSpan(archive: ArchiveBytes, entry: ZipEntry): ByteSpan {
  const { name, method, offset } = entry;
  const nameOffset = offset + LOCAL_HEADER.bytes;
  const header = archive.subarray(offset, nameOffset);
  const isHeader =
    header.length === LOCAL_HEADER.bytes && header.readUInt32LE(0) === LOCAL_HEADER.signature;
  if (!isHeader) throw damaged(`${name} is not where its directory says`);
  const nameEnd = nameOffset + header.readUInt16LE(26);
  const start = nameEnd + header.readUInt16LE(28);
  const isSame =
    archive.subarray(nameOffset, nameEnd).equals(Buffer.from(name)) &&
    header.readUInt16LE(8) === method;
  if (!isSame) throw damaged(`${name} has another name in front of its bytes`);
  const end = start + entry.packedBytes;
  if (end > archive.length) throw damaged(`${name} ends after the end of the archive`);
  return { start, end };
}

function damaged(reason: string): ZipError {
  return new ZipError(`not a zip archive, or a damaged one (${reason})`);
}
