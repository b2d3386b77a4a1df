/** The kernel of random resized crops against the plain functions, which views.test.ts tests, bit for bit. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { openKernel } from '../../src/kernels/index.js';
import { byteCropper } from '../../src/views/byte-crop.js';

const PICTURES = 12;

describe.each([
  { from: [256, 256, 3], to: [224, 224, 3] },
  { from: [40, 60, 3], to: [33, 17, 3] },
  { from: [7, 5, 3], to: [50, 70, 3] },
  { from: [1, 9, 3], to: [3, 1, 3] },
])('byteCropper of $from to $to', ({ from, to }) => {
  const length = (shape: number[]) => shape.reduce((product, size) => product * size, 1);
  const pixels = Uint8Array.from({ length: PICTURES * length(from) }, (_, i) =>
    Math.floor(mulberry32(3, i) * 256),
  );
  // All bytes of the first picture are 255, so a sum of weights above 1 would show.
  pixels.fill(255, 0, length(from));
  const read = (sample: number) =>
    pixels.subarray(sample * length(from), (sample + 1) * length(from));

  it.each<{ area: [number, number]; ratio: [number, number]; flip: boolean }>([
    { area: [0.08, 1], ratio: [0.75, 4 / 3], flip: true },
    { area: [0.0001, 0.02], ratio: [0.2, 5], flip: true },
    { area: [1, 1], ratio: [1, 1], flip: false },
  ])('gives the same bits with the kernel and without: $area $ratio', ({ area, ratio, flip }) => {
    expect(openKernel('crop')).toBeDefined();
    const [byKernel, plain] = [false, true].map((isPlain) => {
      const out = new Uint8Array(PICTURES * length(to) + 2).fill(77);
      const crop = byteCropper(read, from, to, { area, ratio }, flip, 5, isPlain);
      for (let i = 0; i < PICTURES; i++) crop(i, out, 1 + i * length(to));
      return Buffer.from(out);
    }) as [Buffer, Buffer];
    expect(byKernel.equals(plain)).toBe(true);
    expect([byKernel[0], byKernel.at(-1)]).toEqual([77, 77]);
  });
});
