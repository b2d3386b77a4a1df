/**
 * Pictures resized, compared with Pillow 13 (mode F, which does not round) and torch 2.15 (interpolate, without
 * antialias) on the same 5 × 7 numbers: fixtures/picture-sizes.json.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeDataset, parseDataset } from '../../src/datasets/dataset-file.js';
import { ModelInputs } from '../../src/models/model-inputs.js';
import type { ModelSettings } from '../../src/models/model-settings.js';
import { PictureSize } from '../../src/models/picture-size.js';
import { IDENTITY_VIEW } from '../../src/views/views.js';

const expected: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('../fixtures/picture-sizes.json', import.meta.url), 'utf8'),
);
const PICTURE = Float32Array.from({ length: 35 }, (_, i) => ((i * i * 31 + i * 7) % 251) / 251);

function sized(settings: Partial<ModelSettings>, from: readonly [number, number] = [5, 7]) {
  const size = new PictureSize(settings, from, undefined);
  const out = new Float32Array(size.size[0] * size.size[1]);
  size.write(PICTURE, 0, out, 0, 1);
  return { out, size: size.size };
}

describe('PictureSize', () => {
  it.each(Object.entries(expected))('agrees with Pillow and torch: %s', (name, want) => {
    const [who, interpolation, size] = name.split('-') as [string, 'bilinear', string];
    const resize = size.split('x').map(Number) as [number, number];
    const { out } = sized({ interpolation, resize, antialias: who === 'pil' });
    for (const [i, value] of out.entries()) expect(value).toBeCloseTo(want[i] as number, 5);
    expect(out.length).toBe(want.length);
  });

  it.each([
    // Resizes the shorter side; the longer side in proportion, rounded down, as in torchvision.
    [{ resize: 4 }, [5, 7], [4, 5]],
    [{ resize: 10 }, [7, 5], [14, 10]],
    [{ resize: 10, centreCrop: 8 }, [5, 7], [8, 8]],
    [{ centreCrop: [3, 7] as const }, [5, 7], [3, 7]],
    [{}, [5, 7], [5, 7]],
  ])('with %j of a picture of %j gives %j', (settings, from, to) => {
    expect(sized(settings, from as [number, number]).size).toEqual(to);
  });

  it('crops about the centre, and rounds halves to even', () => {
    // (5 − 2)/2 = 1.5 and (7 − 4)/2 = 1.5 become 2.
    const { out } = sized({ centreCrop: [2, 4] });
    const row = (y: number) => [...PICTURE.slice(7 * y + 2, 7 * y + 6)];
    expect([...out]).toEqual([...row(2), ...row(3)]);
    // (5 − 4)/2 = 0.5 becomes 0.
    expect(sized({ centreCrop: [4, 7] }).out[0]).toBe(PICTURE[0]);
  });

  it('refuses a crop larger than the picture, and sizes other than that of the model', () => {
    const size = (settings: Partial<ModelSettings>) => () =>
      new PictureSize(settings, [5, 7], [4, 4]);
    expect(size({ centreCrop: 6 })).toThrow('centreCrop [6,6] is larger than the pictures');
    expect(size({ resize: 5 })).toThrow(
      'give pictures of [5,7], and the model takes [4,4]; want "centreCrop": [4,4]',
    );
  });
});

describe('ModelInputs with a size', () => {
  const dataset = parseDataset(
    encodeDataset({
      sampleShape: [5, 7, 1],
      sampleCount: 40,
      classCount: 2,
      classNames: ['a', 'b'],
      inputs: Float32Array.from(
        { length: 40 * 35 },
        (_, i) => (PICTURE[i % 35] as number) + Math.floor(i / 35),
      ),
      inputScale: 1,
      labels: new Int32Array(40),
      splits: new Uint8Array(40).fill(1),
    }),
  );
  const seen = (settings: Partial<ModelSettings>, inputShape: number[], samples: Uint32Array) => {
    const inputs = new ModelInputs(dataset, { output: 'logits', ...settings }, inputShape);
    const out = new Float32Array(samples.length * inputs.size);
    inputs.read(samples, IDENTITY_VIEW, out);
    return out;
  };

  it('resizes every sample to the input size of the model, and repeats gray', () => {
    const samples = Uint32Array.from({ length: 40 }, (_, i) => 39 - i);
    const plain = seen({ antialias: true }, [3, 4, 1], samples);
    const want = expected['pil-bilinear-3x4'] as number[];
    for (const [i, value] of plain.entries()) {
      const sample = 39 - Math.floor(i / 12);
      expect(value).toBeCloseTo((want[i % 12] as number) + sample, 4);
    }
    const repeated = seen({ antialias: true, scale: 2 }, [3, 4, 3], samples);
    expect([...repeated.slice(0, 4)]).toEqual(
      [plain[0], plain[0], plain[0], plain[1]].map((value) => 2 * (value as number)),
    );
  });

  it('refuses a size for samples that are not pictures', () => {
    const flat = { ...dataset, sampleShape: [35] };
    expect(() => new ModelInputs(flat, { output: 'logits', resize: 4 }, undefined)).toThrow(
      'are for pictures; the samples have shape [35]',
    );
  });
});
