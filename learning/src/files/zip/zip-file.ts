/**
 * Zip archives written in a stream: the bytes of `writeZip`, without all of them in memory.
 *
 * Local header, central directory and end record are those of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16,
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';
import { MEMBER_TIME } from './zip.js';

export interface ZipMember {
  /** The member's name, in ASCII. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A member, and how much of it has been written. */
interface Slot extends Pick<ZipMember, 'name' | 'sizeBytes'> {
  readonly offset: number;
  writtenBytes: number;
  crc: number;
}

const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_BYTES = 22;
/** The greatest offset of 32 bits. */
const MAX_BYTES = 2 ** 32 - 1;
/** Version 2.0 of the format: what folders and plain members need. */
const VERSION = 20;

/**
 * @param file - an empty file, open for writing.
 * @param members - sorted by name. All together must be under 4 GiB.
 * @throws {LyceumError} INVALID_ARGUMENT if they are larger; INTERNAL if a member does not have the size that it
 *   claims.
 */
export async function writeZipFile(file: FileHandle, members: readonly ZipMember[]): Promise<void> {
  const zip = new ZipFile(file, members);
  for (const { name, chunks } of members) {
    for await (const chunk of chunks) await zip.append(name, chunk);
  }
  await zip.finish();
}

/** The same for members that grow side by side: each has its place in the file from the beginning. */
export class ZipFile {
  readonly #file: FileHandle;
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #endOffset: number;

  /**
   * @param file - empty, and open for writing.
   * @throws {LyceumError} INVALID_ARGUMENT if members are 4 GiB or more together.
   */
  constructor(file: FileHandle, members: readonly Pick<ZipMember, 'name' | 'sizeBytes'>[]) {
    const slots = new Map<string, Slot>();
    let offset = 0;
    for (const { name, sizeBytes } of [...members].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      slots.set(name, { name, sizeBytes, offset, writtenBytes: 0, crc: 0 });
      offset += LOCAL_HEADER_BYTES + name.length + sizeBytes;
    }
    if (offset >= MAX_BYTES) {
      const message = `an archive of ${offset} bytes is too long: want under ${MAX_BYTES}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#file = file;
    this.#slots = slots;
    this.#endOffset = offset;
  }

  /** Writes the next bytes of a member. @throws {LyceumError} INTERNAL if the member exceeds its size. */
  async append(name: string, chunk: Uint8Array): Promise<void> {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new Error(`the archive has no member ${name}`);
    const start = slot.offset + LOCAL_HEADER_BYTES + name.length + slot.writtenBytes;
    slot.writtenBytes += chunk.length;
    if (slot.writtenBytes > slot.sizeBytes) throw otherSize(slot);
    slot.crc = crc32(chunk, slot.crc);
    await writeAt(this.#file, chunk, start);
  }

  /** Writes headers, directory and end record. @throws {LyceumError} INTERNAL if a member is shorter than its size. */
  async finish(): Promise<void> {
    const slots = [...this.#slots.values()];
    for (const slot of slots) {
      if (slot.writtenBytes !== slot.sizeBytes) throw otherSize(slot);
      await writeAt(this.#file, localHeader(slot), slot.offset);
    }
    const directory = Buffer.concat(slots.map(centralHeader));
    const end = endRecord(slots.length, directory.length, this.#endOffset);
    await writeAt(this.#file, Buffer.concat([directory, end]), this.#endOffset);
  }
}

function otherSize({ name, sizeBytes, writtenBytes }: Slot): LyceumError {
  const message = `${name} should have ${sizeBytes} bytes, and has ${writtenBytes}`;
  return new LyceumError('INTERNAL', message);
}

/** Writes all bytes: the system may take only a part at a time. */
async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

function localHeader({ name, sizeBytes, crc }: Slot): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES + name.length);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt32LE(memberTime(), 10);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(sizeBytes, 18);
  header.writeUInt32LE(sizeBytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.write(name, LOCAL_HEADER_BYTES, 'latin1');
  return header;
}

function centralHeader({ name, sizeBytes, crc, offset }: Slot): Buffer {
  const header = Buffer.alloc(CENTRAL_HEADER_BYTES + name.length);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt32LE(memberTime(), 12);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(sizeBytes, 20);
  header.writeUInt32LE(sizeBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  header.write(name, CENTRAL_HEADER_BYTES, 'latin1');
  return header;
}

function endRecord(count: number, directoryBytes: number, directoryOffset: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryOffset, 16);
  return end;
}

/** MS-DOS date and time in one number; the year 1980 is 0. */
function memberTime(): number {
  const day = ((MEMBER_TIME.getMonth() + 1) << 5) | MEMBER_TIME.getDate();
  return ((day << 16) | (MEMBER_TIME.getHours() << 11)) >>> 0;
}
