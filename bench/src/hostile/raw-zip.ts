/** Zip archives that no program writes: with repeated names, names that lead elsewhere, or wrong sizes. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The size in the member's headers, in place of the real size. */
  readonly claimedBytes?: number;
  readonly deflated?: boolean;
}

/** The archive's bytes. APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16. */
export function rawZip(members: readonly RawMember[]): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { name, bytes, claimedBytes = bytes.length, deflated = false } of members) {
    const title = Buffer.from(name);
    const held = deflated ? deflateRawSync(bytes) : bytes;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(0x00210000, 6);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(held.length, 14);
    common.writeUInt32LE(claimedBytes, 18);
    common.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, title, Buffer.from(held));
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, central, title);
    offset += 30 + title.length + held.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}
