/** Folders of real image files, made here by sharp or by hand, compared with the pixels that were written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { encodeDataset, parseDataset } from '../../../src/datasets/dataset-file.js';
import { importSource, requireNothingRefused } from '../../../src/import/import-source.js';
import type { ImportSummary } from '../../../src/import/import-summary.js';
import type { ImportOptions } from '../../../src/import/samples/import-options.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-images-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(async () => {
  folder = join(root, `case-${count++}`, 'source');
  await mkdir(folder, { recursive: true });
});

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

async function imported(
  options: ImportOptions = {},
): Promise<{ set: Dataset; file: Buffer; summary: ImportSummary }> {
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const { content, summary } = await importSource(folder, options, { cacheFolder: root, scratch });
  const file = await readFile(content as string);
  return { set: parseDataset(file), file, summary };
}

const gray = (values: number[], width: number) =>
  sharp(Uint8Array.from(values), { raw: { width, height: values.length / width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
const coloured = (width: number, height: number, [r, g, b]: [number, number, number]) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
/** 20 gray images of 2 × 2, ten a class. Image n of `dog` is all n, of `ant` all 100 + n. */
async function putTwoClasses(prefix = ''): Promise<void> {
  for (let n = 0; n < 10; n++) {
    await put(`${prefix}dog/${n}.png`, await gray([n, n, n, n], 2));
    await put(
      `${prefix}ant/${n}.png`,
      await gray(
        [100, 100, 100, 100].map((v) => v + n),
        2,
      ),
    );
  }
}
/** The first pixel of each sample. */
const firsts = ({ inputs, sampleShape, sampleCount }: Dataset) => {
  const size = sampleShape.reduce((product, n) => product * n, 1);
  return Array.from({ length: sampleCount }, (_, i) => inputs[i * size]);
};

describe('importing a folder of images', () => {
  it('sorts classes and files by name, and writes the bytes of encodeDataset', async () => {
    await putTwoClasses();
    await put('dog/notes.txt', 'not an image');
    const { set, file, summary } = await imported();
    expect(set).toMatchObject({
      sampleShape: [2, 2, 1],
      sampleCount: 20,
      classNames: ['ant', 'dog'],
      inputScale: 1 / 255,
    });
    expect(firsts(set)).toEqual(
      [...Array(10).keys()].map((n) => 100 + n).concat([...Array(10).keys()]),
    );
    expect([...set.labels]).toEqual([...Array(10).fill(0), ...Array(10).fill(1)]);
    expect(file.equals(encodeDataset(set))).toBe(true);
    expect(summary).toMatchObject({
      kind: 'images',
      samples: 20,
      classOrder: 'sorted as strings',
      splits: { train: { samples: 14 }, validation: { samples: 2 }, test: { samples: 4 } },
      refused: { count: 0 },
      ignored: { count: 1, first: ['dog/notes.txt'] },
    });
  });

  it('takes splits from folder names, and draws missing splits from train', async () => {
    await putTwoClasses('train/');
    await put('test/dog/x.png', await gray([7, 7, 7, 7], 2));
    const { set, summary } = await imported();
    expect(set.classNames).toEqual(['ant', 'dog']);
    expect(summary.splits).toMatchObject({
      train: { samples: 18 },
      validation: { samples: 2 },
      test: { samples: 1 },
    });
    expect(firsts(set)[set.splits.indexOf(3)]).toBe(7);
    expect(set.classNames[set.labels[set.splits.indexOf(3)] as number]).toBe('dog');
  });

  it('draws splits by the shares and the seed of the options', async () => {
    await putTwoClasses();
    const drawn = async (seed: number) => {
      const shares = { test: 0.5, validation: 0 };
      return [...(await imported({ split: { by: 'shares', shares, seed } })).set.splits];
    };
    const first = await drawn(1);
    expect(first.filter((split) => split === 3)).toHaveLength(10);
    expect(await drawn(1)).toEqual(first);
    expect(await drawn(2)).not.toEqual(first);
  });

  it('keeps the order of given classes, and refuses images of other classes', async () => {
    await putTwoClasses();
    const { set, summary } = await imported({ classes: ['dog', 'cat'] });
    expect(set.classNames).toEqual(['dog', 'cat']);
    expect(firsts(set)).toEqual([...Array(10).keys()]);
    expect(summary.refused).toMatchObject({ count: 10, reasons: { 'unknown class': 10 } });
    expect(summary.refused.first).toHaveLength(5);
    expect(summary.refused.first[0]).toEqual({
      path: 'ant/0.png',
      message: 'has label "ant", which is not among the given classes',
      reason: 'unknown class',
    });
    expect(() => requireNothingRefused(summary)).toThrow(/10 of the source's samples.*\n.*ant\/0/);
  });

  it('reports that numerals are sorted as strings', async () => {
    for (const name of ['2', '10']) await put(`${name}/a.png`, await gray([1, 2, 3, 4], 2));
    expect((await imported()).summary.classOrder).toContain('"10" before "2"');
  });
});

describe('an imported image', () => {
  /** The only sample of class `a`, beside a class `b` that completes the set. */
  async function sampleOf(bytes: Buffer, options: ImportOptions, name = 'a/1.jpg') {
    await put(name, bytes);
    for (let n = 0; n < 5; n++)
      await put(`b/${n}.png`, await coloured(4, 4, [n, n, n]).png().toBuffer());
    const { set } = await imported(options);
    const size = set.inputs.length / set.sampleCount;
    expect(set.labels[0]).toBe(0);
    expect([...set.labels].filter((label) => label === 0)).toHaveLength(1);
    return { shape: set.sampleShape, values: [...set.inputs.subarray(0, size)] };
  }

  it('is rotated by its EXIF orientation', async () => {
    // 8 wide, 4 high, white on the left. Orientation 6: turn clockwise, so white is above.
    const pixels = Uint8Array.from({ length: 8 * 4 * 3 }, (_, i) =>
      Math.floor(i / 3) % 8 < 4 ? 255 : 0,
    );
    const jpeg = await sharp(pixels, { raw: { width: 8, height: 4, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const { values } = await sampleOf(jpeg, { size: { height: 8, width: 4 }, channels: 'gray' });
    const rows = Array.from({ length: 8 }, (_, row) => values.slice(4 * row, 4 * row + 4));
    for (const value of rows.slice(0, 3).flat()) expect(value).toBeGreaterThan(240);
    for (const value of rows.slice(5).flat()) expect(value).toBeLessThan(15);
  });

  it('in CMYK is converted to RGB', async () => {
    const jpeg = await coloured(4, 4, [200, 30, 10]).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    const { shape, values } = await sampleOf(jpeg, { channels: 'rgb' });
    expect(shape).toEqual([4, 4, 3]);
    const [red, green, blue] = values as [number, number, number];
    expect(Math.abs(red - 200)).toBeLessThan(25);
    expect(Math.abs(green - 30)).toBeLessThan(25);
    expect(Math.abs(blue - 10)).toBeLessThan(25);
  });

  it('of 16 bits keeps the upper 8 bits', async () => {
    const wide = Uint16Array.from({ length: 16 }, (_, i) => i * 0x1010);
    const png = await sharp(wide, { raw: { width: 4, height: 4, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    const { values } = await sampleOf(png, { channels: 'gray' }, 'a/1.png');
    expect(values).toEqual(Array.from({ length: 16 }, (_, i) => i * 0x10));
  });

  it('is decoded by its content, whatever its file extension', async () => {
    const png = await gray([...Array(16).keys()], 4);
    expect((await sampleOf(png, { channels: 'gray' }, 'a/1.jpg')).values).toEqual([
      ...Array(16).keys(),
    ]);
  });

  it('with transparency is drawn on white', async () => {
    const clear = { r: 0, g: 0, b: 0, alpha: 0 };
    const png = await sharp({ create: { width: 4, height: 4, channels: 4, background: clear } })
      .png()
      .toBuffer();
    const { values } = await sampleOf(png, { channels: 'rgb' }, 'a/1.png');
    expect(new Set(values)).toEqual(new Set([255]));
  });

  it.each([
    ['cover', [9, 9, 9, 9]],
    ['contain', [0, 0, 9, 9]],
    ['stretch', [9, 9, 9, 9]],
  ] as const)('is fitted by %s', async (fit, sorted) => {
    const wide = await gray(Array(8).fill(9), 4);
    for (const label of ['a', 'b']) await put(`${label}/1.png`, wide);
    const { set } = await imported({ size: { height: 2, width: 2 }, fit });
    expect([...set.inputs.subarray(0, 4)].sort()).toEqual(sorted);
  });
});

/** A PNG of one bit a pixel, all black: many pixels in few bytes. */
function pngBomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 1 });
  const magic = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    magic,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('importing a folder of images keeps the other images and refuses', () => {
  async function refusedOf(path: string, bytes: Uint8Array | string) {
    await putTwoClasses();
    await put(path, bytes);
    return refusalsOf({});
  }

  async function refusalsOf(options: ImportOptions) {
    const { summary } = await imported(options);
    expect(summary.samples).toBe(20);
    return summary.refused;
  }

  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const noisy = sharp({
    create: { width: 300, height: 300, channels: 3, background: '#000', noise },
  });

  it.each([
    ['jpeg', 'damaged image'],
    ['png', 'damaged image'],
    ['webp', 'unreadable image'],
  ] as const)('a truncated %s', async (format, reason) => {
    const whole = await noisy.clone().toFormat(format).toBuffer();
    const refused = await refusedOf('ant/cut.png', whole.subarray(0, Math.floor(whole.length / 2)));
    expect(refused.reasons).toEqual({ [reason]: 1 });
    expect(refused.first[0]).toMatchObject({ path: 'ant/cut.png' });
  });

  it('an image of 900 million pixels in a small file', async () => {
    const refused = await refusedOf('ant/bomb.png', pngBomb(30_000));
    expect(refused.reasons).toEqual({ 'too many pixels': 1 });
    expect(refused.first[0]?.message).toContain('30000 pixels wide');
  });

  it('files that are not images, SVG files and empty files', async () => {
    await put('ant/text.jpg', 'hello');
    await put('ant/drawing.png', '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>');
    const refused = await refusedOf('ant/empty.png', '');
    expect(refused.reasons).toEqual({ 'unreadable image': 2, 'empty file': 1 });
  });

  it('an animated GIF', async () => {
    const frames = await Promise.all(
      [1, 200].map((v) => coloured(2, 2, [v, 0, 0]).png().toBuffer()),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await refusedOf('ant/moving.gif', gif)).reasons).toEqual({ 'more than one page': 1 });
  });

  it('an animated PNG, but not a PNG animation of one frame', async () => {
    const png = await gray([1, 2, 3, 4], 2);
    // After the signature and IHDR.
    const withFrames = (n: number) =>
      Buffer.concat([png.subarray(0, 33), acTL(n), png.subarray(33)]);
    await putTwoClasses();
    await put('ant/0.png', withFrames(1));
    await put('ant/moving.png', withFrames(3));
    expect(await refusalsOf({})).toMatchObject({ count: 1, reasons: { 'more than one page': 1 } });
  });

  it('links out of the folder and links to folders', async () => {
    await putTwoClasses();
    await writeFile(join(folder, '..', 'secret.png'), await gray([1, 2, 3, 4], 2));
    await symlink(join(folder, '..', 'secret.png'), join(folder, 'ant', 'link.png'));
    await symlink(folder, join(folder, 'ant', 'loop'));
    const refused = await refusalsOf({});
    expect(refused.reasons).toEqual({ 'outside the folder': 1, 'link to a folder': 1 });
  });

  it('images of another size or colour, with the option that would help', async () => {
    await put('ant/wide.png', await gray([1, 2, 3, 4, 5, 6], 3));
    const red = await coloured(2, 2, [255, 0, 0]).png().toBuffer();
    const refused = await refusedOf('ant/red.png', red);
    expect(refused.reasons).toEqual({ 'another shape': 2 });
    const [colours, wide] = refused.first.map(({ message }) => message);
    expect(colours).toMatch(/\[2, 2, 3\].*\[2, 2, 1\]; want --channels rgb or gray$/);
    expect(wide).toMatch(/\[2, 3, 1\].*\[2, 2, 1\]; want --size HEIGHTxWIDTH$/);
  });

  it('images without a class folder, and class folders without images', async () => {
    await mkdir(join(folder, 'bee'));
    const refused = await refusedOf('stray.png', await gray([1, 2, 3, 4], 2));
    expect(refused.reasons).toEqual({ 'no label': 1, 'empty class': 1 });
  });
});

describe('importing a folder of images fails for', () => {
  it('a folder without class folders', async () => {
    await put('1.png', await gray([1, 2, 3, 4], 2));
    await expect(imported()).rejects.toThrow(/no folders of classes/);
  });

  it('a folder without a readable image, with the reasons', async () => {
    await put('ant/1.png', 'hello');
    await expect(imported()).rejects.toThrow(/ant\/1\.png: cannot be read as/);
  });

  it('a single class', async () => {
    await put('ant/1.png', await gray([1, 2, 3, 4], 2));
    await expect(imported()).rejects.toThrow(
      /all samples are of one class, "ant"; want two or more/,
    );
  });

  it('options that do not apply to images', async () => {
    await putTwoClasses();
    await expect(imported({ label: 'x' })).rejects.toThrow(/--label means nothing/);
  });
});

/** The chunk that makes a PNG an animation of `frameCount` frames. */
function acTL(frameCount: number): Buffer {
  const chunk = Buffer.alloc(20);
  chunk.writeUInt32BE(8, 0);
  chunk.write('acTL', 4);
  chunk.writeUInt32BE(frameCount, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 16)), 16);
  return chunk;
}
