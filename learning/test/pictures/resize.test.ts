/**
 * The resizer against its filter by definition, in real numbers; the kernel against the plain functions, bit for bit.
 * A recorded digest shows whether another machine gives other bits.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PictureGrid } from '../../src/datasets/shards/shard-index.js';
import { openResizeKernel, openResizer } from '../../src/pictures/resizer.js';

const kernel = openResizeKernel();

interface Size {
  readonly width: number;
  readonly height: number;
}

function resized(
  pixels: Uint8Array,
  size: Size,
  grid: PictureGrid,
  [by]: [typeof kernel] = [kernel],
): Uint8Array {
  const out = new Uint8Array(grid.height * grid.width * grid.channels).fill(99);
  openResizer(grid, by)(pixels, size, out);
  return out;
}

const noise = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1 + seed * 7919, 2_654_435_761) >>> 24);

/** Sizes and grids of all kinds, some of them with one pixel. */
function* cases(): Generator<{ size: Size; grid: PictureGrid; pixels: Uint8Array }> {
  for (let number = 0; number < 300; number++) {
    const [a = 0, b = 0, c = 0, d = 0] = noise(4, number);
    const size = { width: 1 + (a % 90), height: 1 + (b % 70) };
    const fit = (['cover', 'contain', 'stretch'] as const)[number % 3] as PictureGrid['fit'];
    const channels = number % 2 === 0 ? 3 : 1;
    const grid: PictureGrid = { width: 1 + (c % 40), height: 1 + (d % 40), channels, fit };
    yield { size, grid, pixels: noise(size.width * size.height * channels, number) };
  }
}

/** A triangle filter along one side. It reaches to one output pixel on either side, or to one wider input pixel. */
function filtered(values: number[], outputs: number, scale: number): number[] {
  const support = Math.max(1, scale);
  return Array.from({ length: outputs }, (_, x) => {
    const centre = values.length / 2 + (x + 0.5 - outputs / 2) * scale;
    const weights = values.map((_, i) => Math.max(0, 1 - Math.abs(i + 0.5 - centre) / support));
    const sum = weights.reduce((a, b) => a + b, 0);
    return values.reduce((total, value, i) => total + (value * (weights[i] as number)) / sum, 0);
  });
}

/** The result by definition, for one channel: [height, width] of the grid without border. */
function defined(pixels: Uint8Array, { width, height }: Size, down: number[], across: number[]) {
  const [outHeight = 0, downScale = 0] = down;
  const [outWidth = 0, acrossScale = 0] = across;
  const columns = Array.from({ length: width }, (_, x) =>
    filtered(
      Array.from({ length: height }, (_, y) => pixels[y * width + x] as number),
      outHeight,
      downScale,
    ),
  );
  return Array.from({ length: outHeight }, (_, y) =>
    filtered(
      columns.map((column) => column[y] as number),
      outWidth,
      acrossScale,
    ),
  );
}

/** Allows for two roundings, and for weights in steps of 1/16384. */
function expectNear(got: Uint8Array, want: number[][]): void {
  const flat = want.flat();
  expect(got).toHaveLength(flat.length);
  for (const [i, value] of flat.entries())
    expect(Math.abs((got[i] as number) - value)).toBeLessThan(1.2);
}

describe('openResizer resizes a picture', () => {
  const size = { width: 23, height: 17 };
  const pixels = noise(23 * 17, 1);
  const gridOf = (width: number, height: number, fit: PictureGrid['fit']): PictureGrid => ({
    width,
    height,
    channels: 1,
    fit,
  });

  it('by a triangle filter as wide as the coarser pixel, to fewer and to more pixels', () => {
    for (const [width, height] of [
      [7, 5],
      [40, 31],
      [9, 30],
    ] as const) {
      const want = defined(pixels, size, [height, 17 / height], [width, 23 / width]);
      expectNear(resized(pixels, size, gridOf(width, height, 'stretch')), want);
    }
  });

  it('to cover the grid with its centre', () => {
    const want = defined(pixels, size, [8, 17 / 8], [8, 17 / 8]);
    expectNear(resized(pixels, size, gridOf(8, 8, 'cover')), want);
    // Here the other side determines the scale.
    const flat = defined(pixels, size, [2, 23 / 8], [8, 23 / 8]);
    expectNear(resized(pixels, size, gridOf(8, 2, 'cover')), flat);
  });

  it('to fit within the grid, between black borders', () => {
    const got = resized(pixels, size, gridOf(10, 10, 'contain'));
    // 17 · 10 / 23 = 7.4 rows; of the three black rows, one is above and two are below.
    const want = defined(pixels, size, [7, 17 / 7], [10, 23 / 10]);
    expectNear(got.subarray(10, 80), want);
    expect([...got.subarray(0, 10), ...got.subarray(80)]).toEqual(Array(30).fill(0));
  });

  it('to the same pixels where it has the size of the grid', () => {
    expect(resized(pixels, size, gridOf(23, 17, 'cover'))).toEqual(pixels);
  });

  it('of one colour to the same colour', () => {
    for (const { size: any, grid } of cases()) {
      const even = new Uint8Array(any.width * any.height * grid.channels).fill(255);
      const got = resized(even, any, { ...grid, fit: 'stretch' });
      expect(got.every((value) => value === 255)).toBe(true);
    }
  });

  it('to the same bits with the kernel and with the plain functions', () => {
    expect(kernel).toBeDefined();
    for (const { size: any, grid, pixels: values } of cases()) {
      expect(resized(values, any, grid)).toEqual(resized(values, any, grid, [undefined]));
    }
  });

  it('that ends at the end of the kernel memory to the same bits as the plain functions', () => {
    const grid: PictureGrid = { width: 224, height: 8, channels: 1, fit: 'stretch' };
    const wide = { width: 1792, height: 64 };
    const values = noise(1792 * 64, 3);
    // A new kernel: memory that has grown for other pictures would hide the fault.
    const got = resized(values, wide, grid, [openResizeKernel()]);
    expect(got).toEqual(resized(values, wide, grid, [undefined]));
  });

  it('to the recorded bits on every machine', () => {
    const hash = createHash('sha256');
    for (const { size: any, grid, pixels: values } of cases()) {
      hash.update(resized(values, any, grid));
    }
    expect(hash.digest('hex')).toBe(
      '07f66f4e7e59ff48afd5d699c52a9d7c94faf174ec4848bfac5ab65cf26f66b8',
    );
  });
});
