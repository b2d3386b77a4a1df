/** Makes tars and pictures in memory. */
import sharp from 'sharp';
import { TAR_END, tarMember } from '../../src/indexing/repack/tar-writer.js';

export type Members = readonly (readonly [string, Uint8Array | string])[];

export function tarOf(members: Members): Buffer {
  const parts = members.map(([name, bytes]) => tarMember(name, Buffer.from(bytes as Uint8Array)));
  return Buffer.concat([...parts, TAR_END]);
}

/** One member of a type other than a file: a link, a pax header, a GNU long name. */
export function typedMember(type: string, name: string, bytes: Uint8Array | string): Buffer {
  const member = tarMember(name, Buffer.from(bytes as Uint8Array));
  member.write(type, 156, 'latin1');
  return withChecksum(member);
}

export function withChecksum(member: Buffer): Buffer {
  member.write('        ', 148, 'latin1');
  const sum = member.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  member.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return member;
}

/** One record of a pax header. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes;
  while (`${length}`.length + restBytes !== length) length = `${length}`.length + restBytes;
  return `${length}${rest}`;
}

/** A small picture in a colour that depends on n. */
export function picture(n: number, format: 'jpeg' | 'png' = 'jpeg'): Promise<Buffer> {
  const background = { r: (37 * n) % 256, g: (11 * n) % 256, b: n % 256 };
  const image = sharp({ create: { width: 6, height: 4, channels: 3, background } });
  return image.toFormat(format).toBuffer();
}
