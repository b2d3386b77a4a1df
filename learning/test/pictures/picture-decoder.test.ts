/**
 * Pictures made by sharp, with pixels that are known or that sharp's own pipeline gives, written out here step by step.
 */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { PictureGrid } from '../../src/datasets/shards/shard-index.js';
import { decoderVersion, pictureDecoder } from '../../src/pictures/picture-decoder.js';

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

/** One row for each list of gray values. */
const gray = (...rows: number[][]) =>
  sharp(Uint8Array.from(rows.flat()), {
    raw: { width: (rows[0] as number[]).length, height: rows.length, channels: 1 },
  }).toColourspace('b-w');

const coloured = (width: number, height: number, background: { r: number; g: number; b: number }) =>
  sharp({ create: { width, height, channels: 3, background } });

/** A picture in which no two parts are alike, so that every choice of the decoder shows. */
const noisy = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2_654_435_761) >>> 24),
    { raw: { width, height, channels: 3 } },
  );

describe('a picture on a grid', () => {
  it('that has its size keeps its pixels, in one channel or three', async () => {
    const png = await gray([10, 20], [30, 40]).png().toBuffer();
    expect(await decoded(png, { channels: 1 })).toEqual([10, 20, 30, 40]);
    expect(await decoded(png)).toEqual([10, 20, 30, 40].flatMap((v) => [v, v, v]));
    const red = await coloured(2, 2, { r: 255, g: 0, b: 0 }).png().toBuffer();
    expect(await decoded(red)).toEqual(Array(4).fill([255, 0, 0]).flat());
    expect(await decoded(red, { channels: 1 })).toHaveLength(4);
  });

  it('is cut off, padded with black, or stretched', async () => {
    const png = await gray([10, 20, 30, 40], [50, 60, 70, 80]).png().toBuffer();
    expect(await decoded(png, { channels: 1, fit: 'cover' })).toEqual([20, 30, 60, 70]);
    const bands = await gray([200, 200, 200, 200], [200, 200, 200, 200]).png().toBuffer();
    const padded = await decoded(bands, { height: 4, width: 4, channels: 1, fit: 'contain' });
    expect(padded).toEqual([0, 200, 200, 0].flatMap((v) => Array(4).fill(v)));
    expect(await decoded(bands, { channels: 1, fit: 'stretch' })).toEqual([200, 200, 200, 200]);
  });

  it('is resized with the linear kernel, as sharp alone does it', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await noisy(61, 43).toFormat(format).toBuffer();
      const want = (kernel: 'linear' | 'lanczos3') =>
        sharp(bytes)
          .resize({ width: 16, height: 16, fit: 'cover', kernel })
          .toColourspace('srgb')
          .raw()
          .toBuffer();
      const got = await decoded(bytes, { height: 16, width: 16, fit: 'cover' });
      expect(got).toEqual([...(await want('linear'))]);
      // libwebp scales by itself.
      if (format !== 'webp') expect(got).not.toEqual([...(await want('lanczos3'))]);
    }
  });

  it('is turned as its EXIF orientation says', async () => {
    const turned = await gray([10, 20], [30, 40]).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decoded(turned, { channels: 1 })).toEqual([30, 10, 40, 20]);
  });

  it('of CMYK is in sRGB, of 16 bits in 8, of transparency over white', async () => {
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

  it('is refused, with the reason, if it is cut off, empty, or no picture', async () => {
    const jpeg = await noisy(64, 64).jpeg().toBuffer();
    await expect(decoded(jpeg.subarray(0, jpeg.length / 2))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'damaged image',
    });
    // Only the beginning of its header.
    await expect(decoded(jpeg.subarray(0, 30))).rejects.toMatchObject({
      reason: 'unreadable image',
    });
    await expect(decoded(Buffer.alloc(0))).rejects.toMatchObject({ reason: 'empty file' });
    await expect(decoded(Buffer.from('GIF8'))).rejects.toMatchObject({
      reason: 'unreadable image',
    });
  });
});

it('the version names this code and libvips', async () => {
  expect(await decoderVersion()).toBe(`lyceum-pictures/1 libvips/${sharp.versions.vips}`);
});
