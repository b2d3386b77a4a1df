/**
 * Views against a second, plain implementation that goes back from each output pixel; sizes, holes and partners
 * against properties for any seed; and digests of version 1, since stored answers depend on it.
 */
import { sha256Hex } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { fnv1a32, mulberry32 } from '../../src/arrays/hashing.js';
import type { Dataset } from '../../src/datasets/dataset.js';
import { type ViewSettings, views } from '../../src/specification/distillation/views-schema.js';
import { CROP_DRAWS, CropBox } from '../../src/views/crop-box.js';
import { mixupOf, mixupShare, pairSeed } from '../../src/views/mixup.js';
import { readInputs } from '../../src/views/read-inputs.js';
import { byteWriter, seenShape } from '../../src/views/sample-view.js';
import { DRAW } from '../../src/views/view-geometry.js';
import { IDENTITY_VIEW, viewAt, viewProblems } from '../../src/views/views.js';

const OFF = views.parse({ seed: 7, cycle: 9 });

/** Float samples of pseudo-random values, all different. Every third sample is in the test split. */
function pictures(sampleCount: number, sampleShape: readonly number[]): Dataset {
  const length = sampleShape.reduce((product, n) => product * n, sampleCount);
  return {
    digest: '',
    sampleShape,
    sampleCount,
    classCount: 2,
    classNames: ['a', 'b'],
    inputs: Float32Array.from({ length }, (_, i) => 1 + mulberry32(3, i)),
    inputScale: 1,
    labels: new Int32Array(sampleCount),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i % 3 === 2 ? 3 : 1)),
  };
}

function read(
  dataset: Dataset,
  settings: Partial<ViewSettings>,
  samples: readonly number[],
  shape = dataset.sampleShape,
  epoch = 4,
): Float32Array {
  const length = shape.reduce((product, n) => product * n, samples.length);
  const out = new Float32Array(length);
  readInputs(
    dataset,
    Uint32Array.from(samples),
    viewAt({ ...OFF, ...settings }, epoch),
    out,
    shape,
  );
  return out;
}

type Crop = NonNullable<ViewSettings['randomResizedCrop']>;

/** The same samples as bytes. */
function asBytes(floats: Dataset): Dataset {
  const inputs = Uint8Array.from(floats.inputs, (value) => Math.floor((value - 1) * 256));
  return { ...floats, inputs, inputScale: 1 / 255 };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Every view setting alone, with a value that switches it on. */
const EACH = Object.keys(views.shape)
  .filter((name) => name !== 'seed' && name !== 'cycle')
  .map((name) => {
    const on = [0.4, true, {}].find((value) => views.safeParse({ [name]: value }).success);
    return [name, views.parse({ ...OFF, [name]: on })] as const;
  });

describe('views', () => {
  it.each(EACH)('change the samples: %s', (_, settings) => {
    const floats = pictures(20, [6, 5, 1]);
    for (const dataset of [floats, asBytes(floats)]) {
      for (const shape of [
        [6, 5, 1],
        [9, 4, 3],
      ]) {
        const seen = read(dataset, settings, range(20), shape);
        expect(seen).not.toEqual(read(dataset, {}, range(20), shape));
      }
    }
    const bytes = asBytes(floats);
    const write = byteWriter(bytes, viewAt(settings, 4));
    const out = new Uint8Array(bytes.inputs.length);
    for (const sample of range(20)) write?.(sample, out, 30 * sample);
    expect(out).not.toEqual(bytes.inputs);
  });

  it('use different random draws for each setting', () => {
    const { randomResizedCrop: first, ...single } = DRAW;
    const drawn = [...Object.values(single), ...range(CROP_DRAWS).map((n) => first + n)];
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(CROP_DRAWS).toBe(22);
  });

  it.each<{ shape: number[]; seen: number[]; settings: Partial<ViewSettings> }>([
    { shape: [6, 5, 1], seen: [6, 5, 1], settings: { crop: 0.4 } },
    { shape: [6, 5, 2], seen: [6, 5, 2], settings: { rotation: 0.5 } },
    { shape: [6, 9, 1], seen: [6, 9, 1], settings: { rotation: 0.1, shift: 0.3, flip: true } },
    { shape: [6, 5, 1], seen: [12, 15, 1], settings: { crop: 0.3, flip: true } },
    { shape: [9, 8, 3], seen: [3, 4, 3], settings: { shift: 0.4, flip: true } },
    { shape: [6, 5, 1], seen: [9, 4, 3], settings: { crop: 0.2, rotation: 0.2, shift: 0.2 } },
    { shape: [7, 7, 1], seen: [7, 7, 1], settings: { cutout: 0.5 } },
    { shape: [7, 7, 1], seen: [14, 9, 1], settings: { crop: 0.2, cutout: 0.3, shift: 0.1 } },
  ])('agree with a plain implementation: $shape seen as $seen, $settings', (a) => {
    const dataset = pictures(20, a.shape);
    const got = read(dataset, a.settings, range(20), a.seen);
    const want = range(20).flatMap((sample) => plainView(dataset, sample, a.seen, a.settings));
    expect(got.length).toBe(want.length);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i] as number, 5);
  });

  it('have the same bits by whole pixels and by interpolation', () => {
    const dataset = pictures(30, [6, 5, 1]);
    const settings = { shift: 0.4, flip: true };
    const moved = read(dataset, settings, range(30));
    const sampled = read(dataset, settings, range(30), [6, 5, 2]);
    expect(sampled.filter((_, i) => i % 2 === 0)).toEqual(moved);
    expect(sampled.filter((_, i) => i % 2 === 1)).toEqual(moved);
  });

  it('resize a picture bilinearly, with repeated borders', () => {
    const dataset = { ...pictures(1, [1, 2, 1]), inputs: Float32Array.of(1, 3) };
    const out = new Float32Array(4);
    readInputs(dataset, Uint32Array.of(0), IDENTITY_VIEW, out, [1, 4, 1]);
    expect([...out]).toEqual([1, 1.5, 2.5, 3]);
  });

  it('cut a hole of the cutout size, which may reach over the edge', () => {
    const dataset = pictures(400, [10, 10, 1]);
    const out = read(dataset, { cutout: 0.4 }, range(400));
    const zeros = range(400).map(
      (n) => out.subarray(n * 100, n * 100 + 100).filter((value) => value === 0).length,
    );
    expect(Math.max(...zeros)).toBe(16);
    expect(Math.min(...zeros)).toBeLessThan(9);
    expect(Math.min(...zeros)).toBeGreaterThanOrEqual(4);
  });

  it('differ between epochs and seeds, and are the same in any batch', () => {
    const dataset = pictures(9, [6, 6, 1]);
    const settings = { crop: 0.3, rotation: 0.1, cutout: 0.3, mixup: true };
    const one = read(dataset, settings, [4]);
    expect(read(dataset, settings, [2, 4]).subarray(36)).toEqual(one);
    expect(read(dataset, settings, [4], [6, 6, 1], 13)).toEqual(one);
    expect(read(dataset, settings, [4], [6, 6, 1], 5)).not.toEqual(one);
    expect(read(dataset, { ...settings, seed: 8 }, [4])).not.toEqual(one);
  });

  // A change here would give other inputs to stored answers. VIEW_VERSION must then be raised.
  it.each<[Partial<ViewSettings>, string]>([
    [{ shift: 0.3, flip: true }, '7530cc968d5071f0'],
    [{ crop: 0.4 }, '69a1e00ea2a8b8d8'],
    [{ rotation: 0.2 }, '81823166c87afdf1'],
    [{ cutout: 0.4 }, '9a7b7452b71c8334'],
    [{ mixup: true }, 'bba6ef440b00b0b0'],
    [{ shift: 0.1, crop: 0.2, rotation: 0.1, cutout: 0.3, mixup: true }, '417b2a164667a67b'],
    [{ randomResizedCrop: { area: [0.08, 1], ratio: [0.75, 4 / 3] } }, '528ede41c9e08df2'],
  ])('of version 1 keep their recorded digests: %j', (settings, digest) => {
    const out = read(pictures(8, [6, 5, 1]), settings, range(8));
    expect(sha256Hex(new Uint8Array(out.buffer)).slice(0, 16)).toBe(digest);
  });

  it('of version 1 keep the recorded digest of random resized crops in bytes', () => {
    const randomResizedCrop: Crop = { area: [0.08, 1], ratio: [0.75, 4 / 3] };
    const set = asBytes(pictures(8, [12, 9, 3]));
    const out = read(set, { flip: true, randomResizedCrop }, range(8));
    expect(sha256Hex(Uint8Array.from(out, (value) => Math.round(value * 255))).slice(0, 16)).toBe(
      '2f37927b752421af',
    );
  });

  it('have a canonical text', () => {
    const text = (settings: Partial<ViewSettings>) => viewAt({ ...OFF, ...settings }, 11);
    expect(text({ flip: true, crop: 0.25, mixup: true })).toEqual({
      text: 'v1,seed=7,flip=1,crop=0.25,mixup=1',
      epoch: 2,
    });
    const all = { shift: 0.1, flip: true, crop: 0.2, rotation: 0.3, cutout: 0.4, mixup: true };
    expect(text(all).text).toBe(
      'v1,seed=7,shift=0.1,flip=1,crop=0.2,rotation=0.3,cutout=0.4,mixup=1',
    );
    expect(text({})).toEqual(IDENTITY_VIEW);
    const randomResizedCrop: Crop = { area: [0.08, 1], ratio: [0.75, 4 / 3] };
    expect(text({ flip: true, randomResizedCrop }).text).toBe(
      'v1,seed=7,flip=1,randomResizedCrop=0.08:1:0.75:1.3333333333333333',
    );
  });

  it('with a random resized crop are read from their text', () => {
    const dataset = pictures(3, [6, 5, 1]);
    const randomResizedCrop: Crop = { area: [0.08, 1], ratio: [0.75, 4 / 3] };
    const [view, out] = [viewAt({ ...OFF, randomResizedCrop }, 4), new Float32Array(90)];
    readInputs(dataset, Uint32Array.of(0, 1, 2), { ...view }, out);
    expect(out).toEqual(read(dataset, { randomResizedCrop }, [0, 1, 2]));
  });

  it.each([
    'v1,seed=7',
    'v1,seed=7,crop=1',
    'v1,seed=7,rotation=0.6',
    'v1,seed=7,crop=-0.1',
    'v1,seed=7,crop=0.1,shift=0.1',
    'v1,seed=7.5,flip=1',
    'v1,seed=7,blur=1',
    'v1,seed=7,shift=0.1,shift=0.1',
    'v1,seed=7,mixup=2',
    'v1,flip=1',
    'v1,seed=7,flip=1,cycle=2',
    'v1,seed=7,flip=1,__proto__=1',
    'v1,seed=7,randomResizedCrop=1',
    'v1,seed=7,randomResizedCrop=0.5:0.4:1:1',
    'v1,seed=7,randomResizedCrop=0:1:1:1',
    'v1,seed=7,randomResizedCrop=0.5:1:1:1:1',
    'v1,seed=7,randomResizedCrop=0.50:1:1:1',
    'v1,seed=7,crop=0.1,randomResizedCrop=0.5:1:1:1',
    '',
  ])('refuse the text %j', (text) => {
    const [dataset, out] = [pictures(1, [2, 2, 1]), new Float32Array(4)];
    const view = { text, epoch: 0 };
    const see = () => readInputs(dataset, Uint32Array.of(0), view, out);
    expect(see).toThrow(/is not a view known here/);
  });

  it('refuse an output shape that the samples cannot be resized to', () => {
    const dataset = pictures(1, [4, 4, 3]);
    expect(() => read(dataset, {}, [0], [8, 8, 1])).toThrow(
      /\[4,4,3\] cannot be sampled as \[8,8,1\]; want \[height, width, 3\]/,
    );
  });
});

describe('random resized crops', () => {
  const usual: Crop = { area: [0.08, 1], ratio: [3 / 4, 4 / 3] };

  it.each<{ area: [number, number]; ratio: [number, number]; size: [number, number] }>([
    { ...usual, size: [28, 28] },
    { ...usual, size: [224, 224] },
    { area: [0.3, 0.9], ratio: [0.5, 3], size: [40, 100] },
    { area: [1, 1], ratio: [1, 1], size: [7, 7] },
    { area: [0.9, 1], ratio: [2, 3], size: [30, 20] },
    { area: [0.9, 1], ratio: [0.2, 0.4], size: [20, 50] },
    { area: [0.0001, 0.001], ratio: [1, 2], size: [5, 5] },
  ])('have the rectangle of plain arithmetic: $area $ratio of $size', (a) => {
    const box = new CropBox();
    for (const seed of range(300)) {
      box.draw(a, seed, 9, ...a.size);
      expect({ ...box }).toEqual(plainBox(a, seed, ...a.size));
    }
  });

  it('take the centre after ten attempts, at the nearest allowed ratio', () => {
    const box = new CropBox();
    const drawn = (ratio: [number, number], H: number, W: number) => {
      box.draw({ area: [1, 1], ratio }, 3, 9, H, W);
      return { ...box };
    };
    expect(drawn([2, 3], 30, 20)).toEqual({ top: 10, left: 0, height: 10, width: 20 });
    expect(drawn([0.25, 0.5], 20, 30)).toEqual({ top: 0, left: 10, height: 20, width: 10 });
    expect(drawn([0.4, 2.5], 10, 30)).toEqual({ top: 0, left: 2, height: 10, width: 25 });
  });

  it('keep all areas and ratios about equally often', () => {
    const box = new CropBox();
    const [areas, ratios]: [number[], number[]] = [[], []];
    for (const seed of range(4000)) {
      box.draw({ area: [0.1, 0.5], ratio: [0.5, 2] }, fnv1a32(`7|0|${seed}`), 9, 1000, 1000);
      areas.push((box.height * box.width) / 1e6);
      ratios.push(Math.log2(box.width / box.height));
    }
    const middle = (values: number[]) => values.reduce((sum, own) => sum + own, 0) / values.length;
    expect(middle(areas)).toBeCloseTo(0.3, 2);
    expect(areas.filter((area) => area < 0.2).length / 4000).toBeCloseTo(0.25, 1);
    expect(middle(ratios)).toBeCloseTo(0, 1);
    expect(ratios.filter((ratio) => ratio < -0.5).length / 4000).toBeCloseTo(0.25, 1);
  });

  it.each<{ shape: number[]; seen: number[]; settings: Partial<ViewSettings> }>([
    { shape: [28, 28, 1], seen: [28, 28, 1], settings: { randomResizedCrop: usual } },
    { shape: [9, 12, 3], seen: [9, 12, 3], settings: { randomResizedCrop: usual, flip: true } },
    { shape: [12, 9, 3], seen: [7, 5, 3], settings: { randomResizedCrop: usual, flip: true } },
    { shape: [8, 8, 1], seen: [17, 13, 3], settings: { randomResizedCrop: usual, flip: true } },
    {
      shape: [10, 10, 2],
      seen: [10, 10, 2],
      settings: { randomResizedCrop: { area: [0.2, 0.3], ratio: [1, 3] }, cutout: 0.3 },
    },
  ])('of bytes and floats agree with plain arithmetic: $shape seen as $seen, $settings', (a) => {
    const floats = pictures(8, a.shape);
    const bytes = asBytes(floats);
    const want = range(8).flatMap((sample) => plainView(floats, sample, a.seen, a.settings));
    const got = read(floats, a.settings, range(8), a.seen);
    expect(got.length).toBe(want.length);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i] as number, 5);

    const wantBytes = range(8).flatMap((sample) => plainBytes(bytes, sample, a.seen, a.settings));
    const gotBytes = read(bytes, a.settings, range(8), a.seen);
    expect([...gotBytes]).toEqual(wantBytes.map((byte) => Math.fround(byte / 255)));
    // Two roundings: half a byte, and the position between pixels, at most 255 · 2 / 4096 of a byte.
    const exact = range(8).flatMap((sample) => plainView(bytes, sample, a.seen, a.settings));
    for (const [i, byte] of wantBytes.entries()) {
      expect(Math.abs(byte - (exact[i] as number))).toBeLessThan(0.5 + 0.13);
    }
  });

  it('are mixed with the crop of the partner in mixup', () => {
    const set = asBytes(pictures(12, [6, 6, 1]));
    const settings = { randomResizedCrop: usual, flip: true };
    const seen = read(set, settings, range(12));
    const mixed = read(set, { ...settings, mixup: true }, range(12));
    const of = mixupOf(set, viewAt({ ...OFF, mixup: true }, 4));
    for (const [i, value] of mixed.entries()) {
      const sample = Math.floor(i / 36);
      const partner = of?.partner(sample) as number;
      const share = of?.share(sample, partner) as number;
      const other = seen[partner * 36 + (i % 36)] as number;
      expect(value).toBeCloseTo(share * (seen[i] as number) + (1 - share) * other, 6);
    }
  });

  it('show the whole picture where nothing is cut off', () => {
    const set = asBytes(pictures(5, [8, 8, 3]));
    const whole: Crop = { area: [1, 1], ratio: [1, 1] };
    expect(read(set, { randomResizedCrop: whole }, range(5))).toEqual(read(set, {}, range(5)));
  });
});

describe('byteWriter', () => {
  it.each<[string, Partial<ViewSettings>]>([
    ['as they are', {}],
    ['moved', { shift: 0.3 }],
    ['mirrored', { flip: true }],
    ['with a hole', { flip: true, cutout: 0.4 }],
    ['cropped', { flip: true, cutout: 0.2, randomResizedCrop: { area: [0.2, 1], ratio: [1, 2] } }],
  ])('gives the bits of real values after scaling: %s', (_, settings) => {
    const set = asBytes(pictures(30, [9, 7, 3]));
    const bytes = new Uint8Array(set.inputs.length);
    const view = viewAt({ ...OFF, ...settings }, 4);
    const write = byteWriter(set, view);
    for (const sample of range(30)) write?.(sample, bytes, sample * 189);
    const scaled = Float32Array.from(bytes, (byte) => byte * set.inputScale);
    expect(scaled).toEqual(read(set, settings, range(30)));
  });

  it.each<[string, Partial<ViewSettings>, number[]]>([
    ['mixtures', { mixup: true }, [6, 6, 1]],
    ['crops that are not rounded', { crop: 0.2 }, [6, 6, 1]],
    ['rotations', { rotation: 0.2 }, [6, 6, 1]],
    ['another size', {}, [8, 8, 1]],
    ['another size, moved', { shift: 0.2 }, [8, 8, 1]],
  ])('is undefined for %s', (_, settings, shape) => {
    const view = viewAt({ ...OFF, ...settings }, 4);
    expect(byteWriter(asBytes(pictures(4, [6, 6, 1])), view, shape)).toBeUndefined();
  });

  it('is undefined for float samples', () => {
    expect(byteWriter(pictures(4, [6, 6, 1]), IDENTITY_VIEW)).toBeUndefined();
  });
});

describe('shapes that fit', () => {
  it('seenShape is the input shape of the model for pictures, and the sample shape otherwise', () => {
    expect(seenShape([8, 8, 1], [4, 4, 1])).toEqual([8, 8, 1]);
    expect(seenShape([8, 8, 3], [4, 4, 1])).toEqual([8, 8, 3]);
    expect(seenShape(undefined, [4, 4, 1])).toEqual([4, 4, 1]);
    expect(seenShape([16], [4, 4, 1])).toEqual([4, 4, 1]);
    expect(seenShape([64], [4, 4, 1])).toEqual([4, 4, 1]);
    expect(seenShape([8, 8, 1], [4, 4, 3])).toEqual([4, 4, 3]);
  });

  it('viewProblems allows shift and cutout only for pictures, and mixup for all samples', () => {
    expect(viewProblems({ ...OFF, shift: 0.1, cutout: 0.2, mixup: true }, [9])).toMatchObject([
      { path: 'shift' },
      { path: 'cutout' },
    ]);
    expect(viewProblems({ ...OFF, mixup: true }, [9])).toEqual([]);
    expect(viewProblems({ ...OFF, shift: 0.1 }, [3, 3, 1])).toEqual([]);
    expect(viewProblems(undefined, [9])).toEqual([]);
  });
});

describe('mixup', () => {
  const dataset = pictures(300, [5]);
  const view = viewAt({ ...OFF, mixup: true }, 4);
  const mixup = mixupOf(dataset, view);
  if (mixup === undefined) throw new Error('it mixes');

  it('gives each sample a partner of its split, and each partner once', () => {
    const partners = range(300).map((sample) => mixup.partner(sample));
    expect([...partners].sort((a, b) => a - b)).toEqual(range(300));
    for (const [sample, partner] of partners.entries()) {
      expect(dataset.splits[partner]).toBe(dataset.splits[sample]);
    }
    expect(partners.filter((partner, sample) => partner === sample).length).toBeLessThan(10);
  });

  it('mixes by the share of the seed of the pair', () => {
    const out = read(dataset, { mixup: true }, range(300));
    for (const sample of range(300)) {
      const partner = mixup.partner(sample);
      const share = mixup.share(sample, partner);
      const seeds = [sample, partner].map((index) => fnv1a32(`7|4|${index}`)) as [number, number];
      expect(share).toBe(mixupShare(pairSeed(...seeds)));
      expect(share).toBe(mixup.share(partner, sample));
      for (const i of range(5)) {
        const own = dataset.inputs[sample * 5 + i] as number;
        const other = dataset.inputs[partner * 5 + i] as number;
        expect(out[sample * 5 + i]).toBeCloseTo(share * own + (1 - share) * other, 6);
      }
    }
  });

  it('mixes the views of both samples', () => {
    const set = pictures(12, [6, 6, 1]);
    const settings = { shift: 0.3, crop: 0.2, cutout: 0.3 };
    const seen = read(set, settings, range(12));
    const mixed = read(set, { ...settings, mixup: true }, range(12));
    const of = mixupOf(set, viewAt({ ...OFF, mixup: true }, 4));
    for (const [i, value] of mixed.entries()) {
      const sample = Math.floor(i / 36);
      const partner = of?.partner(sample) as number;
      const share = of?.share(sample, partner) as number;
      const other = seen[partner * 36 + (i % 36)] as number;
      expect(value).toBeCloseTo(share * (seen[i] as number) + (1 - share) * other, 6);
    }
  });

  it('is undefined for a view without mixup', () => {
    expect(mixupOf(dataset, IDENTITY_VIEW)).toBeUndefined();
    expect(mixupOf(dataset, viewAt({ ...OFF, flip: true }, 0))).toBeUndefined();
  });
});

/** The rectangle by the documentation of RandomResizedCrop in torchvision. */
function plainBox({ area, ratio }: Crop, seed: number, H: number, W: number) {
  const draw = (index: number, from: number, to: number) =>
    from + mulberry32(seed, 9 + index) * (to - from);
  for (const attempt of range(10)) {
    const kept = draw(2 * attempt, ...area) * H * W;
    const shape = Math.exp(draw(2 * attempt + 1, Math.log(ratio[0]), Math.log(ratio[1])));
    const width = Math.round(Math.sqrt(kept * shape));
    const height = Math.round(Math.sqrt(kept / shape));
    if (width > 0 && height > 0 && width <= W && height <= H) {
      const top = Math.floor(draw(20, 0, H - height + 1));
      return { top, left: Math.floor(draw(21, 0, W - width + 1)), height, width };
    }
  }
  const [height, width] =
    W / H < ratio[0]
      ? [Math.round(W / ratio[0]), W]
      : W / H > ratio[1]
        ? [H, Math.round(H * ratio[1])]
        : [H, W];
  return { top: (H - height) >> 1, left: (W - width) >> 1, height, width };
}

/** The bytes of a random resized crop, pixel by pixel: positions in 1/2048, values rounded to the nearest byte. */
function plainBytes(
  dataset: Dataset,
  sample: number,
  [h = 0, w = 0, channels = 0]: readonly number[],
  settings: Partial<ViewSettings>,
): number[] {
  const [H = 0, W = 0, own = 0] = dataset.sampleShape;
  const draw = (index: number) => mulberry32(fnv1a32(`7|4|${sample}`), index);
  const crop = settings.randomResizedCrop as Crop;
  const box = plainBox(crop, fnv1a32(`7|4|${sample}`), H, W);
  const mirrored = settings.flip === true && draw(2) < 0.5;
  const cutout = settings.cutout ?? 0;
  const between = (i: number, count: number, size: number) => {
    const place = Math.max(0, ((i + 0.5) * size) / count - 0.5);
    const pixel = Math.floor(place + 1e-9);
    return [pixel, Math.min(pixel + 1, size - 1), Math.floor((place - pixel) * 2048 + 0.5 + 1e-9)];
  };
  const value = (x: number, y: number, c: number) => {
    const column = mirrored ? W - 1 - (box.left + x) : box.left + x;
    const pixel = ((sample * H + box.top + y) * W + column) * own;
    return dataset.inputs[pixel + (own === 1 ? 0 : c)] as number;
  };
  return range(h * w * channels).map((i) => {
    const [x, y, c] = [Math.floor(i / channels) % w, Math.floor(i / channels / w), i % channels];
    const hole =
      Math.abs((y + 0.5) / h - draw(7)) < cutout / 2 &&
      Math.abs((x + 0.5) / w - draw(8)) < cutout / 2;
    const [left = 0, right = 0, toRight = 0] = between(x, w, box.width);
    const [top = 0, bottom = 0, down = 0] = between(y, h, box.height);
    const line = (row: number) =>
      value(left, row, c) * (2048 - toRight) + value(right, row, c) * toRight;
    const exact = (line(top) * (2048 - down) + line(bottom) * down) / 2 ** 22;
    return hole ? 0 : Math.floor(exact + 0.5);
  });
}

/** Goes from each output pixel back to the sample: hole, shift, rotation, crop, flip; then the four pixels around. */
function plainView(
  dataset: Dataset,
  sample: number,
  [h = 0, w = 0, channels = 0]: readonly number[],
  settings: Partial<ViewSettings>,
): number[] {
  const { shift, flip, crop, rotation, cutout, randomResizedCrop } = { ...OFF, ...settings };
  const [H = 0, W = 0, own = 0] = dataset.sampleShape;
  const draw = (index: number) => mulberry32(fnv1a32(`7|4|${sample}`), index);
  const moved = (index: number, size: number) => {
    const most = Math.round(shift * size);
    return Math.floor(draw(index) * (2 * most + 1)) - most;
  };
  const whole = { top: 0, left: 0, height: H, width: W };
  const box = randomResizedCrop
    ? plainBox(randomResizedCrop, fnv1a32(`7|4|${sample}`), H, W)
    : whole;
  const isMirrored = flip && draw(2) < 0.5;
  // The picture is flipped before it is cropped.
  const first = isMirrored ? W - box.left - box.width : box.left;
  const value = (x: number, y: number, c: number) => {
    const column = Math.min(first + box.width - 1, Math.max(first, x));
    const row = Math.min(box.top + box.height - 1, Math.max(box.top, y));
    return dataset.inputs[((sample * H + row) * W + column) * own + (own === 1 ? 0 : c)] as number;
  };
  const out: number[] = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [u, v] = [(x + 0.5) / w, (y + 0.5) / h];
      const inHole =
        Math.abs(v - draw(7)) < cutout / 2 && Math.abs(u - draw(8)) < cutout / 2 && cutout > 0;
      let [px, py] = [u * W - moved(1, W), v * H - moved(0, H)];
      const angle = (2 * draw(6) - 1) * rotation * 2 * Math.PI;
      const [dx, dy] = [px - W / 2, py - H / 2];
      px = W / 2 + Math.cos(angle) * dx + Math.sin(angle) * dy;
      py = H / 2 + Math.cos(angle) * dy - Math.sin(angle) * dx;
      const cut = draw(3) * crop;
      px = px * (1 - cut) + draw(5) * cut * W;
      py = py * (1 - cut) + draw(4) * cut * H;
      px = box.left + (px * box.width) / W;
      py = box.top + (py * box.height) / H;
      if (isMirrored) px = W - px;
      const outside = px < 0 || py < 0 || px >= W || py >= H;
      const [left, top] = [Math.floor(px - 0.5), Math.floor(py - 0.5)];
      const [shareX, shareY] = [px - 0.5 - left, py - 0.5 - top];
      for (let c = 0; c < channels; c++) {
        const above = (1 - shareX) * value(left, top, c) + shareX * value(left + 1, top, c);
        const below = (1 - shareX) * value(left, top + 1, c) + shareX * value(left + 1, top + 1, c);
        out.push(inHole || outside ? 0 : (1 - shareY) * above + shareY * below);
      }
    }
  }
  return out;
}
