/**
 * A zip archive written in a stream: the bytes of `writeZip`, without all of them in memory.
 *
 * Local header, central directory and end record are those of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16,
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';
import { MEMBER_TIME } from './zip.js';

export interface ZipMember {
  /** In ASCII. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

interface WrittenMember extends ZipMember {
  readonly offset: number;
  readonly crc: number;
}

const LOCAL_HEADER_BYTES = 30;
const LOCAL_CRC_OFFSET = 14;
const CENTRAL_HEADER_BYTES = 46;
const END_BYTES = 22;
/** Version 2.0 of the format: what folders and plain members need. */
const VERSION = 20;

/**
 * @param file - empty, and open for writing at its start.
 * @param members - stored, sorted by name. All together under 4 GiB.
 * @throws {LyceumError} INTERNAL if a member has another size than it said.
 */
export async function writeZipFile(file: FileHandle, members: readonly ZipMember[]): Promise<void> {
  const written: WrittenMember[] = [];
  let offset = 0;
  for (const member of [...members].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const start = offset;
    const header = localHeader(member);
    await file.writeFile(header);
    offset += header.length;
    let crc = 0;
    for await (const chunk of member.chunks) {
      crc = crc32(chunk, crc);
      await file.writeFile(chunk);
      offset += chunk.length;
    }
    const size = offset - start - header.length;
    if (size !== member.sizeBytes) {
      const message = `${member.name} should have ${member.sizeBytes} bytes, and has ${size}`;
      throw new LyceumError('INTERNAL', message);
    }
    const crcBytes = Buffer.alloc(4);
    crcBytes.writeUInt32LE(crc);
    await file.write(crcBytes, 0, 4, start + LOCAL_CRC_OFFSET);
    written.push({ ...member, offset: start, crc });
  }
  const directory = Buffer.concat(written.map(centralHeader));
  const end = Buffer.concat([directory, endRecord(written.length, directory.length, offset)]);
  await file.writeFile(end);
}

function localHeader({ name, sizeBytes }: ZipMember): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES + name.length);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt32LE(memberTime(), 10);
  header.writeUInt32LE(sizeBytes, 18);
  header.writeUInt32LE(sizeBytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.write(name, LOCAL_HEADER_BYTES, 'latin1');
  return header;
}

function centralHeader({ name, sizeBytes, crc, offset }: WrittenMember): Buffer {
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
