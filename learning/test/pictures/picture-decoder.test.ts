/**
 * Pictures made by sharp, with known pixels or pixels computed here by the steps of sharp. The fast decoder gives
 * nearly the same pixels of a JPEG. For a damaged JPEG it must give the pixels of sharp or refuse.
 */
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/index.js';
import type { PictureGrid } from '../../src/datasets/shards/shard-index.js';
import {
  decoderVersion,
  openImageDecoder,
  pictureDecoder,
} from '../../src/pictures/picture-decoder.js';

const grid = (changes: Partial<PictureGrid> = {}): PictureGrid => ({
  height: 2,
  width: 2,
  channels: 3,
  fit: 'stretch',
  ...changes,
});

async function decoded(bytes: Uint8Array, changes: Partial<PictureGrid> = {}): Promise<number[]> {
  const decode = await pictureDecoder(grid(changes));
  return [...(await decode(bytes))];
}

/** A gray picture, one row for each list of values. */
const gray = (...rows: number[][]) =>
  sharp(Uint8Array.from(rows.flat()), {
    raw: { width: (rows[0] as number[]).length, height: rows.length, channels: 1 },
  }).toColourspace('b-w');

const coloured = (width: number, height: number, background: { r: number; g: number; b: number }) =>
  sharp({ create: { width, height, channels: 3, background } });

/** A picture without two equal parts, so that every choice of the decoder shows. */
const noisy = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2_654_435_761) >>> 24),
    { raw: { width, height, channels: 3 } },
  );

/** A progressive JPEG of 8 × 8 equal gray pixels: a scan with their mean, and `count` scans without content. */
function manyScans(count: number): Buffer {
  const segment = (marker: number, ...content: number[]) =>
    Buffer.of(0xff, marker, 0, content.length + 2, ...content);
  // A table with one code of one bit: 0 is the symbol.
  const codes = (table: number, symbol: number) =>
    segment(0xc4, table, 1, ...Array(15).fill(0), symbol);
  const scan = (from: number, to: number) =>
    Buffer.concat([segment(0xda, 1, 1, 0, from, to, 0), Buffer.of(0)]);
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, 0, ...Array(64).fill(16)),
    segment(0xc2, 8, 0, 8, 0, 8, 1, 1, 0x11, 0),
    codes(0x00, 0),
    codes(0x10, 0),
    scan(0, 0),
    ...Array(count).fill(scan(1, 63)),
    Buffer.of(0xff, 0xd9),
  ]);
}

describe('openImageDecoder', () => {
  // Pushes and predictions use it, sets in shards use pictureDecoder.
  it('gives the pixels that a set in shards has, in any format, whatever is smaller or larger', async () => {
    const picture = noisy(61, 43);
    const files = await Promise.all([
      picture.jpeg({ quality: 90 }).toBuffer(),
      picture.clone().jpeg({ quality: 90, progressive: true }).toBuffer(),
      picture.clone().png().toBuffer(),
    ]);
    for (const fit of ['cover', 'contain', 'stretch'] as const) {
      for (const size of [
        { height: 16, width: 16 },
        { height: 50, width: 30 },
        { height: 90, width: 80 },
      ]) {
        for (const channels of [1, 3] as const) {
          const decode = await openImageDecoder({
            size,
            fit,
            channels: channels === 1 ? 'gray' : 'rgb',
          });
          for (const bytes of files) {
            const { shape, values } = await decode(bytes);
            expect(shape).toEqual([size.height, size.width, channels]);
            expect([...values]).toEqual(await decoded(bytes, { ...size, fit, channels }));
          }
        }
      }
    }
  });

  it('keeps size and channels where the options have none', async () => {
    const decode = await openImageDecoder({});
    for (const bytes of [
      await noisy(61, 43).jpeg({ quality: 90 }).toBuffer(),
      await noisy(61, 43).toColourspace('b-w').jpeg({ quality: 90 }).toBuffer(),
    ]) {
      const { channels = 3 } = await sharp(bytes).metadata();
      const { shape, values } = await decode(bytes);
      expect(shape).toEqual([43, 61, channels]);
      const own = { height: 43, width: 61, channels: channels as 1 | 3 };
      expect([...values]).toEqual(await decoded(bytes, own));
    }
  });
});

describe('pictureDecoder', () => {
  it('keeps the pixels of a picture with the size of the grid, in one channel or three', async () => {
    const png = await gray([10, 20], [30, 40]).png().toBuffer();
    expect(await decoded(png, { channels: 1 })).toEqual([10, 20, 30, 40]);
    expect(await decoded(png)).toEqual([10, 20, 30, 40].flatMap((v) => [v, v, v]));
    const red = await coloured(2, 2, { r: 255, g: 0, b: 0 }).png().toBuffer();
    expect(await decoded(red)).toEqual(Array(4).fill([255, 0, 0]).flat());
    expect(await decoded(red, { channels: 1 })).toHaveLength(4);
  });

  it('crops, pads with black or stretches, by the fit', async () => {
    const png = await gray([10, 20, 30, 40], [50, 60, 70, 80]).png().toBuffer();
    expect(await decoded(png, { channels: 1, fit: 'cover' })).toEqual([20, 30, 60, 70]);
    const bands = await gray([200, 200, 200, 200], [200, 200, 200, 200]).png().toBuffer();
    const padded = await decoded(bands, { height: 4, width: 4, channels: 1, fit: 'contain' });
    expect(padded).toEqual([0, 200, 200, 0].flatMap((v) => Array(4).fill(v)));
    expect(await decoded(bands, { channels: 1, fit: 'stretch' })).toEqual([200, 200, 200, 200]);
  });

  it('resizes PNG and WebP with the linear kernel of sharp', async () => {
    for (const format of ['png', 'webp'] as const) {
      const bytes = await noisy(61, 43).toFormat(format).toBuffer();
      const want = (kernel: 'linear' | 'lanczos3') =>
        sharp(bytes)
          .resize({ width: 16, height: 16, fit: 'cover', kernel })
          .toColourspace('srgb')
          .raw()
          .toBuffer();
      const got = await decoded(bytes, { height: 16, width: 16, fit: 'cover' });
      expect(got).toEqual([...(await want('linear'))]);
      // libwebp scales by its own means.
      if (format !== 'webp') expect(got).not.toEqual([...(await want('lanczos3'))]);
    }
  });

  it('enlarges a small picture about its centre, in any format', async () => {
    // A grid pixel has the value at its centre. There are two grid pixels per picture pixel, so their centres are at
    // 1/4 and 3/4 between the centres of picture pixels.
    const rows = [
      [0, 0, 200, 200],
      [0, 0, 200, 200],
    ];
    const png = await gray(...rows)
      .png()
      .toBuffer();
    const wide = { height: 2, width: 8, channels: 1 } as const;
    const line = [0, 0, 0, 50, 150, 200, 200, 200];
    expect(await decoded(png, wide)).toEqual([...line, ...line]);
    const covered = await decoded(png, { height: 4, width: 4, channels: 1, fit: 'cover' });
    expect(covered).toEqual(Array(4).fill([0, 50, 150, 200]).flat());
    const padded = await decoded(png, { height: 6, width: 8, channels: 1, fit: 'contain' });
    expect(padded).toEqual([Array(8).fill(0), line, line, line, line, Array(8).fill(0)].flat());
    const upright = await gray(...rows)
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    expect(await decoded(upright, { height: 8, width: 2, channels: 1 })).toEqual(
      line.flatMap((value) => [value, value]),
    );
    // Decoded by libjpeg-turbo, or by sharp if the picture is rotated or the grid is gray.
    const jpeg = (orientation: number) =>
      noisy(24, 16).withMetadata({ orientation }).jpeg({ quality: 90 }).toBuffer();
    const big = { height: 40, width: 60 };
    const [plain, turned] = [await decoded(await jpeg(1), big), await decoded(await jpeg(3), big)];
    const back = plain.map((_, i) => turned[turned.length - 3 - i + 2 * (i % 3)] as number);
    const off = back.map((value, i) => Math.abs(value - (plain[i] as number)));
    expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(3);
  });

  it('decodes a picture with a side of 100,000 pixels', async () => {
    const background = { r: 9, g: 9, b: 9 };
    const line = (width: number, height: number) => coloured(width, height, background);
    const big = { height: 1200, width: 1200, channels: 1 } as const;
    for (const picture of [line(1, 100_000), line(100_000, 1)]) {
      const png = await picture.png().toBuffer();
      for (const fit of ['cover', 'stretch'] as const) {
        expect(new Set(await decoded(png, { ...big, fit }))).toEqual(new Set([9]));
      }
    }
  });

  it('rotates a picture by its EXIF orientation', async () => {
    const turned = await gray([10, 20], [30, 40]).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decoded(turned, { channels: 1 })).toEqual([30, 10, 40, 20]);
  });

  it('converts CMYK to sRGB and 16 bits to 8, and draws transparency on white', async () => {
    const cmyk = await coloured(2, 2, { r: 0, g: 0, b: 255 })
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const [r, g, b] = await decoded(cmyk);
    expect(b).toBeGreaterThan((r as number) + 60);
    expect(b).toBeGreaterThan((g as number) + 60);
    const deep = await gray([0, 255], [255, 0]).toColourspace('grey16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect(await decoded(deep, { channels: 1 })).toEqual([0, 255, 255, 0]);
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const clear = sharp({ create: { width: 2, height: 2, channels: 4, background } });
    expect(await decoded(await clear.png().toBuffer())).toEqual(Array(12).fill(255));
  });

  it('refuses a truncated file, an empty file, another file and float pixels, with the reason', async () => {
    const jpeg = await noisy(64, 64).jpeg().toBuffer();
    await expect(decoded(jpeg.subarray(0, jpeg.length / 2))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'damaged image',
    });
    // A file that ends within its header.
    await expect(decoded(jpeg.subarray(0, 30))).rejects.toMatchObject({
      reason: 'unreadable image',
    });
    await expect(decoded(Buffer.alloc(0))).rejects.toMatchObject({ reason: 'empty file' });
    await expect(decoded(Buffer.from('GIF8'))).rejects.toMatchObject({
      reason: 'unreadable image',
    });
    await expect(decoded(floatTiff(0, 1))).rejects.toMatchObject({
      message: 'has pixels of the type float; want whole numbers of up to 16 bits',
    });
  });
});

/** A TIFF with one row of floats, as instruments write them. TIFF 6.0: a header of 8 bytes, directory, pixels. */
function floatTiff(...pixels: number[]): Buffer {
  const [width, pixelBytes] = [pixels.length, 4 * pixels.length];
  const pixelsAt = 8 + 2 + 9 * 12 + 4;
  // Width, height, bits, compression, black is zero, offset of the strip, rows and bytes of the strip, IEEE floats.
  const tags = [256, 257, 258, 259, 262, 273, 278, 279, 339];
  const values = [width, 1, 32, 1, 1, pixelsAt, 1, pixelBytes, 3];
  const file = Buffer.alloc(pixelsAt + pixelBytes);
  file.write('II*\0\x08', 'latin1');
  file.writeUInt16LE(tags.length, 8);
  for (const [index, tag] of tags.entries()) {
    const at = 10 + 12 * index;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(values[index] as number, at + 8);
  }
  for (const [index, pixel] of pixels.entries()) file.writeFloatLE(pixel, pixelsAt + 4 * index);
  return file;
}

/** A picture like a photograph: smooth, with edges. */
const photograph = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return 128 + 90 * Math.sin(x / 9 + i) * Math.cos(y / 7) + (x > width / 2 ? 30 : 0);
    }),
    { raw: { width, height, channels: 3 } },
  );

function distance(some: ArrayLike<number>, others: ArrayLike<number>): number {
  expect(some.length).toBe(others.length);
  let sum = 0;
  for (let i = 0; i < some.length; i++)
    sum += Math.abs((some[i] as number) - (others[i] as number));
  return sum / some.length;
}

it('pictureDecoder can be opened while other decoders are decoding', async () => {
  const png = await noisy(8, 8).png().toBuffer();
  const decode = await pictureDecoder(grid());
  const want = await decode(png);
  for (let round = 0; round < 20; round++) {
    const decoding = Array.from({ length: 8 }, () => decode(png));
    await Promise.all(Array.from({ length: 20 }, () => pictureDecoder(grid())));
    for (const pixels of await Promise.all(decoding)) expect(pixels).toEqual(want);
  }
});

describe('pictureDecoder of an ordinary JPEG', () => {
  const sharpPixels = (bytes: Buffer, size: { width: number; height: number }, gray = false) =>
    sharp(bytes)
      .resize({ ...size, fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
      .toColourspace(gray ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();

  it('gives nearly the pixels of sharp, by the fast decoder', async () => {
    const size = { width: 40, height: 30 };
    for (const progressive of [false, true]) {
      for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
        const options = { quality: 90, progressive, chromaSubsampling };
        const bytes = await photograph(90, 61).jpeg(options).toBuffer();
        const got = await decoded(bytes, size);
        expect(distance(got, await sharpPixels(bytes, size))).toBeLessThan(1.5);
        // Exactly the pixels of sharp would mean that the fast decoder was not used.
        expect(Buffer.from(got).equals(await sharpPixels(bytes, size))).toBe(false);
      }
    }
  });

  it('gives gray of a gray JPEG in one channel and in three', async () => {
    const size = { width: 40, height: 30 };
    const bytes = await photograph(90, 61).toColourspace('b-w').jpeg().toBuffer();
    const one = await decoded(bytes, { ...size, channels: 1 });
    expect(distance(one, await sharpPixels(bytes, size, true))).toBeLessThan(1.5);
    expect(await decoded(bytes, size)).toEqual(one.flatMap((value) => [value, value, value]));
  });

  it('gives nearly the gray of sharp for a JPEG in colours', async () => {
    const size = { width: 40, height: 30 };
    const bytes = await photograph(90, 61).jpeg().toBuffer();
    const got = await decoded(bytes, { ...size, channels: 1 });
    expect(distance(got, await sharpPixels(bytes, size, true))).toBeLessThan(1.5);
  });

  it('gives exactly the pixels of sharp when the JPEG is far larger than the grid', async () => {
    const bytes = await photograph(400, 300).jpeg().toBuffer();
    const got = await decoded(bytes, { width: 40, height: 30 });
    const want = sharp(bytes).resize({ width: 40, height: 30, fit: 'fill', kernel: 'linear' });
    expect(Buffer.from(got).equals(await want.toColourspace('srgb').raw().toBuffer())).toBe(true);
  });

  it('writes into the given memory, and concurrent calls do not disturb each other', async () => {
    const decode = await pictureDecoder(grid({ width: 40, height: 30 }));
    const files = await Promise.all(
      [50, 60, 70, 80].map((width) => photograph(width, 61).jpeg().toBuffer()),
    );
    const one = 40 * 30 * 3;
    const all = new Uint8Array(files.length * one);
    await Promise.all(files.map((bytes, i) => decode(bytes, all.subarray(i * one, (i + 1) * one))));
    for (const [i, bytes] of files.entries()) {
      expect(all.subarray(i * one, (i + 1) * one)).toEqual(await decode(bytes));
    }
  });

  it('refuses 2000 scans, each of which costs a pass over all pixels', async () => {
    expect(await decoded(manyScans(100))).toEqual(Array(12).fill(128));
    await expect(decoded(manyScans(2000))).rejects.toMatchObject({ reason: 'too many scans' });
  });

  it('refuses every damaged JPEG that sharp refuses', async () => {
    const decode = await pictureDecoder(grid({ width: 40, height: 30 }));
    const files = await Promise.all(
      [false, true].map((progressive) => photograph(61, 43).jpeg({ progressive }).toBuffer()),
    );
    const chance = (number: number, below: number) => Math.floor(mulberry32(7, number) * below);
    let refused = 0;
    for (let number = 0; number < 400; number++) {
      const file = Buffer.from(files[number % 2] as Buffer);
      const place = 1 + chance(3 * number, file.length - 1);
      const damaged = [
        () => file.subarray(0, place),
        () =>
          Buffer.concat([
            file.subarray(0, place),
            file.subarray(place + 1 + chance(3 * number + 1, 90)),
          ]),
        () => file.fill(chance(3 * number + 1, 256), place, place + 1 + chance(3 * number + 2, 3)),
        () => Buffer.concat([file, file.subarray(place)]),
      ][Math.floor(number / 2) % 4] as () => Buffer;
      const bytes = damaged();
      const isTaken = await decode(bytes).then(
        () => true,
        () => false,
      );
      const sharpTakes = await sharp(bytes, { failOn: 'error' })
        .raw()
        .toBuffer()
        .then(
          () => true,
          () => false,
        );
      if (!isTaken) refused++;
      if (isTaken) expect(sharpTakes).toBe(true);
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('refuses a JPEG of 65,500 × 65,500 pixels', async () => {
    const bytes = await photograph(64, 64).jpeg().toBuffer();
    const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
    bytes.writeUInt16BE(65_500, frame + 5);
    bytes.writeUInt16BE(65_500, frame + 7);
    await expect(decoded(bytes)).rejects.toMatchObject({ reason: 'too many pixels' });
  });
});

it('decoderVersion names this code, jpeg-turbo and libvips', async () => {
  const { version } = createRequire(import.meta.url)('@julusian/jpeg-turbo/package.json');
  const text = `lyceum-pictures/3 jpeg-turbo/${version} libvips/${sharp.versions.vips}`;
  expect(await decoderVersion()).toBe(text);
});
