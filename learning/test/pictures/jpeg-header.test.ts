/** JPEGs that sharp writes, with segments added by hand, as ITU-T T.81, TIFF 6.0 and ICC.1 define them. */
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { jpegOutline, plainJpeg } from '../../src/pictures/jpeg-header.js';

const picture = (): Sharp =>
  sharp({ create: { width: 24, height: 16, channels: 3, background: { r: 1, g: 120, b: 240 } } });

const plain = { width: 24, height: 16, channels: 3 };

/** Adds a segment after the first two bytes. */
function withSegment(jpeg: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

/** An ICC profile whose only tag is its description. */
function profile(space: string, name: string, version = 'desc'): Buffer {
  const text = Buffer.from(`${name}\0`, 'latin1');
  const header = Buffer.alloc(144);
  header.write(space, 16, 'latin1');
  header.writeUInt32BE(1, 128);
  header.write('desc', 132, 'latin1');
  header.writeUInt32BE(144, 136);
  header.writeUInt32BE(12 + text.length, 140);
  const tag = Buffer.alloc(12);
  tag.write(version, 'latin1');
  tag.writeUInt32BE(text.length, 8);
  return Buffer.concat([Buffer.from('ICC_PROFILE\0\u0001\u0001', 'latin1'), header, tag, text]);
}

/** @param entries - [tag, type, count, value]. */
function exif(entries: readonly (readonly [number, number, number, number])[]): Buffer {
  const tiff = Buffer.alloc(10 + entries.length * 12);
  tiff.write('MM', 'latin1');
  tiff.writeUInt16BE(42, 2);
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + i * 12;
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(count, at + 4);
    tiff.writeUInt16BE(value, at + 8);
  }
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}

describe('plainJpeg, which selects JPEGs for the fast decoder,', () => {
  it('accepts baseline and progressive JPEGs, in colours and gray', async () => {
    expect(plainJpeg(await picture().jpeg().toBuffer())).toEqual(plain);
    expect(plainJpeg(await picture().jpeg({ progressive: true }).toBuffer())).toEqual(plain);
    const gray = await picture().toColourspace('b-w').jpeg().toBuffer();
    expect(plainJpeg(gray)).toEqual({ ...plain, channels: 1 });
  });

  it('accepts upright JPEGs with or without an EXIF orientation, and refuses rotated ones', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const maker: readonly [number, number, number, number] = [0x010f, 3, 1, 7];
    expect(plainJpeg(withSegment(jpeg, 0xe1, exif([maker])))).toEqual(plain);
    expect(plainJpeg(withSegment(jpeg, 0xe1, exif([maker, [0x0112, 3, 1, 1]])))).toEqual(plain);
    for (const orientation of [0, 2, 6, 8, 9]) {
      const turned = withSegment(jpeg, 0xe1, exif([maker, [0x0112, 3, 1, orientation]]));
      expect(plainJpeg(turned)).toBeUndefined();
    }
    const little = await picture().withMetadata({ orientation: 3 }).jpeg().toBuffer();
    expect(plainJpeg(little)).toBeUndefined();
    // EXIF that ends within its directory.
    expect(plainJpeg(withSegment(jpeg, 0xe1, exif([maker]).subarray(0, 20)))).toBeUndefined();
  });

  it('accepts the usual sRGB profile and no other', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const taken = (content: Buffer) => plainJpeg(withSegment(jpeg, 0xe2, content)) !== undefined;
    expect(taken(profile('RGB ', 'sRGB IEC61966-2.1'))).toBe(true);
    expect(taken(profile('RGB ', 'sRGB IEC61966-2.1 linear'))).toBe(false);
    expect(taken(profile('RGB ', 'Adobe RGB (1998)'))).toBe(false);
    expect(taken(profile('RGB ', 'sRGB IEC61966-2.1', 'mluc'))).toBe(false);
    expect(taken(profile('GRAY', 'sRGB IEC61966-2.1'))).toBe(false);
    expect(taken(profile('RGB ', 'sRGB IEC61966-2.1').subarray(0, 100))).toBe(false);
    const gray = await picture().toColourspace('b-w').jpeg().toBuffer();
    const strange = withSegment(gray, 0xe2, profile('RGB ', 'sRGB IEC61966-2.1'));
    expect(plainJpeg(strange)).toBeUndefined();
    const wide = await picture().withIccProfile('p3').jpeg().toBuffer();
    expect(plainJpeg(wide)).toBeUndefined();
  });

  it('refuses CMYK, 12 bits, other frame types, two frames and a size of 0', async () => {
    const cmyk = await picture().toColourspace('cmyk').jpeg().toBuffer();
    expect(plainJpeg(cmyk)).toBeUndefined();
    const jpeg = await picture().jpeg().toBuffer();
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    const changed = (offset: number, ...bytes: number[]) => {
      const copy = Buffer.from(jpeg);
      copy.set(bytes, frame + offset);
      return plainJpeg(copy);
    };
    expect(changed(4, 12)).toBeUndefined();
    expect(changed(5, 0, 0)).toBeUndefined();
    expect(changed(7, 0, 0)).toBeUndefined();
    for (const marker of [0xc3, 0xc5, 0xc9, 0xca, 0xcf]) expect(changed(1, marker)).toBeUndefined();
    const again = withSegment(jpeg, 0xc0, jpeg.subarray(frame + 4, frame + 19));
    expect(plainJpeg(again)).toBeUndefined();
  });

  it('refuses quantisation finer than quality 97', async () => {
    expect(plainJpeg(await picture().jpeg({ quality: 97 }).toBuffer())).toEqual(plain);
    expect(plainJpeg(await picture().jpeg({ quality: 98 }).toBuffer())).toBeUndefined();
    expect(plainJpeg(await picture().jpeg({ quality: 100 }).toBuffer())).toBeUndefined();
  });

  it('accepts 10 more scans and refuses 100', async () => {
    const jpeg = await picture().jpeg({ progressive: true }).toBuffer();
    const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.of(0xff, 0xda)), jpeg.length - 2);
    const repeated = (count: number) =>
      plainJpeg(
        Buffer.concat([jpeg.subarray(0, -2), ...Array(count).fill(scan), jpeg.subarray(-2)]),
      );
    expect(repeated(10)).toEqual(plain);
    expect(repeated(100)).toBeUndefined();
  });

  it('counts scans up to the end of image, not within metadata or coded data (jpegScans)', async () => {
    const jpegScans = (bytes: Uint8Array) => jpegOutline(bytes).scans;
    const scans = async (options: JpegOptions) =>
      jpegScans(await picture().jpeg(options).toBuffer());
    expect(await scans({})).toBe(1);
    const jpeg = await picture().jpeg({ progressive: true }).toBuffer();
    const sos = Buffer.of(0xff, 0xda);
    const count = jpegScans(jpeg);
    expect(count).toBeGreaterThan(5);
    expect(jpegScans(Buffer.concat([jpeg, jpeg]))).toBe(count);
    const thumbnail = withSegment(jpeg, 0xe1, Buffer.concat([sos, sos, sos]));
    expect(jpegScans(thumbnail)).toBe(count);
    const scan = jpeg.subarray(jpeg.lastIndexOf(sos), jpeg.length - 2);
    const more = Array(300).fill(Buffer.concat([scan, Buffer.of(0xff, 0xff, 0x00, 0xab)]));
    expect(jpegScans(Buffer.concat([jpeg.subarray(0, -2), ...more]))).toBe(count + 300);
    for (let length = 0; length < jpeg.length; length++) {
      expect(jpegScans(jpeg.subarray(0, length))).toBeLessThanOrEqual(count);
    }
  });

  it('refuses JPEGs truncated before their first scan, other files and wrong markers', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const scan = jpeg.indexOf(Buffer.of(0xff, 0xda));
    for (let length = 0; length < scan; length++) {
      expect(plainJpeg(jpeg.subarray(0, length))).toBeUndefined();
    }
    expect(plainJpeg(await picture().png().toBuffer())).toBeUndefined();
    expect(plainJpeg(withSegment(jpeg, 0xd0, Buffer.alloc(2)))).toBeUndefined();
    // Fill bytes before a marker are allowed.
    const filled = Buffer.concat([jpeg.subarray(0, 2), Buffer.of(0xff, 0xff), jpeg.subarray(2)]);
    expect(plainJpeg(filled)).toEqual(plain);
  });
});
