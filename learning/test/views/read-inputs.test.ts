/**
 * Hashes and random numbers against published values. Views of small pictures, in which each pixel has its own number,
 * against a plain implementation and recorded pictures, since a change would alter stored answers.
 */
import { describe, expect, it } from 'vitest';
import { fnv1a32, fnv1a32Decimal, mulberry32 } from '../../src/arrays/hashing.js';
import type { Dataset } from '../../src/datasets/dataset.js';
import {
  views as schema,
  type ViewSettings,
} from '../../src/specification/distillation/views-schema.js';
import { readInputs } from '../../src/views/read-inputs.js';
import { IDENTITY_VIEW, viewAt } from '../../src/views/views.js';

function pictures(sampleCount: number, sampleShape: readonly number[], scale = 1): Dataset {
  const length = sampleShape.reduce((product, n) => product * n, sampleCount);
  return {
    digest: '',
    sampleShape,
    sampleCount,
    classCount: 2,
    classNames: ['a', 'b'],
    inputs: Uint8Array.from({ length }, (_, i) => i + 1),
    inputScale: scale,
    labels: new Int32Array(sampleCount),
    splits: new Uint8Array(sampleCount).fill(1),
  };
}

const views = (settings: Partial<ViewSettings>) => schema.parse({ seed: 7, ...settings });

describe('hash and random functions have their reference values', () => {
  // The values of fnv1a32 for '' and 'a' are in the test vectors of the algorithm.
  it.each([
    ['', 2166136261],
    ['a', 3826002220],
    ['7|3|train/000123', 887942566],
    ['7|4|train/000123', 2555457789],
  ])('fnv1a32(%j)', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });

  it.each([0, 9, 10, 12_345, 70_000, 1_000_000, 4_294_967_295])('fnv1a32Decimal(%i)', (value) => {
    expect(fnv1a32Decimal(value, fnv1a32('7|3|'))).toBe(fnv1a32(`7|3|${value}`));
  });

  it.each([
    [0, [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]],
    [1, [0.6270739405881613, 0.002735721180215478, 0.5274470399599522]],
    [42, [0.6011037519201636, 0.44829055899754167, 0.8524657934904099]],
    [4294967295, [0.8964226141106337, 0.189478256739676, 0.7156526781618595]],
  ])('mulberry32(%i)', (seed, first) => {
    expect(first.map((_, draw) => mulberry32(seed, draw))).toEqual(first);
  });
});

describe('viewAt', () => {
  it('is the identity without settings and with settings that change nothing', () => {
    expect(viewAt(undefined, 3)).toEqual(IDENTITY_VIEW);
    expect(viewAt(views({ cycle: 2 }), 3)).toEqual(IDENTITY_VIEW);
  });

  it('has a canonical text, and an epoch within the cycle', () => {
    const view = viewAt(views({ cycle: 4, shift: 0.07, flip: true }), 11);
    expect(view).toEqual({ text: 'v1,seed=7,shift=0.07,flip=1', epoch: 3 });
  });
});

describe('readInputs', () => {
  it('scales the wanted samples in the wanted order, and leaves padding unchanged', () => {
    const out = new Float32Array(8).fill(-1);
    readInputs(pictures(3, [2], 0.5), Uint32Array.of(2, 0, 2), IDENTITY_VIEW, out);
    expect([...out]).toEqual([2.5, 3, 0.5, 1, 2.5, 3, -1, -1]);
  });

  it('gives bytes as fractions of 255, with 0 and 1 exact', () => {
    const bytes = { ...pictures(1, [2], 1 / 255), inputs: Uint8Array.of(0, 255) };
    const out = new Float32Array(2);
    readInputs(bytes, Uint32Array.of(0), IDENTITY_VIEW, out);
    expect([...out]).toEqual([0, 1]);
  });

  it('gives the right values for a set too large to unpack, and for another scale of the same bytes', () => {
    // Untouched pages take no memory. Bytes after the last sample are never read.
    const large = { ...pictures(2, [2], 1 / 255), inputs: new Uint8Array(2 ** 26 + 1) };
    large.inputs.set([0, 51, 255, 102]);
    const out = new Float32Array(4);
    for (const inputs of [large.inputs, large.inputs.subarray(0, 4)]) {
      readInputs({ ...large, inputs }, Uint32Array.of(1, 0), IDENTITY_VIEW, out);
      expect(out).toEqual(Float32Array.of(1, 0.4, 0, 0.2));
    }
    const inputs = Uint8Array.of(0, 1, 2, 3);
    for (const inputScale of [1, 2, 1]) {
      readInputs({ ...large, inputs, inputScale }, Uint32Array.of(1, 0), IDENTITY_VIEW, out);
      expect([...out]).toEqual([2, 3, 0, 1].map((value) => value * inputScale));
    }
  });

  it('gives floats unchanged', () => {
    const floats = { ...pictures(1, [2]), inputs: Float32Array.of(0.1, -7) };
    const out = new Float32Array(2);
    readInputs(floats, Uint32Array.of(0), IDENTITY_VIEW, out);
    expect(out).toEqual(floats.inputs);
  });

  it.each([
    { shape: [6, 5, 1], shift: 0.34, flip: false },
    { shape: [8, 3, 1], shift: 0.4, flip: true },
    { shape: [6, 5, 1], shift: 0, flip: true },
    { shape: [5, 6, 3], shift: 0.5, flip: true },
    { shape: [1, 5, 2], shift: 0.5, flip: true },
    { shape: [5, 1, 2], shift: 0.5, flip: false },
    { shape: [1, 1, 3], shift: 0.5, flip: true },
  ])('shifts and flips as a plain implementation does: %j', ({ shape, shift, flip }) => {
    const dataset = pictures(20, shape);
    const samples = Uint32Array.from({ length: 20 }, (_, i) => 19 - i);
    const out = new Float32Array(dataset.inputs.length).fill(-1);
    readInputs(dataset, samples, viewAt(views({ cycle: 9, shift, flip }), 4), out);
    const want = [...samples].flatMap((sample) => plainView(dataset, sample, 7, 4, shift, flip));
    expect([...out]).toEqual(want);
  });

  it('shifts a sample alike in any batch, and differently in another epoch', () => {
    const dataset = pictures(40, [6, 6, 1]);
    const settings = views({ cycle: 9, shift: 0.3, flip: true });
    const read = (epoch: number, ...samples: number[]) => {
      const out = new Float32Array(36 * samples.length);
      readInputs(dataset, Uint32Array.from(samples), viewAt(settings, epoch), out);
      return [...out];
    };
    expect(read(2, 4, 31).slice(36)).toEqual(read(2, 31));
    expect(read(11, 31)).toEqual(read(2, 31));
    const all = Array.from({ length: 40 }, (_, i) => i);
    expect(read(2, ...all)).not.toEqual(read(3, ...all));
  });

  it('keeps its recorded pictures', () => {
    const out = new Float32Array(40);
    const view = viewAt(views({ cycle: 4, shift: 0.26, flip: true }), 3);
    readInputs(pictures(6, [4, 5, 1]), Uint32Array.of(3, 4), view, out);
    expect([...out]).toEqual(
      [
        [0, 0, 0, 0, 0, 64, 63, 62, 61, 0, 69, 68, 67, 66, 0, 74, 73, 72, 71, 0],
        [0, 90, 89, 88, 87, 0, 95, 94, 93, 92, 0, 100, 99, 98, 97, 0, 0, 0, 0, 0],
      ].flat(),
    );
  });

  it.each([
    ['a sample beyond the set', [3], IDENTITY_VIEW, 8, /sample 3 is not in a set of 3/],
    ['an output that is too short', [0, 1], IDENTITY_VIEW, 7, /need 8 values of room, got 7/],
    ['an unknown view', [0], { text: 'blur=1', epoch: 0 }, 4, /"blur=1" is not a view/],
    [
      'a view that is not canonical',
      [0],
      { text: 'v1,seed=07,shift=0.10', epoch: 0 },
      4,
      /is not a view/,
    ],
    [
      'a view of another version',
      [0],
      { text: 'v2,seed=7,shift=0.1', epoch: 0 },
      4,
      /"v2,seed=7,shift=0.1" is not a view known here; want version 1/,
    ],
    [
      'a shift beyond half of the picture',
      [0],
      { text: 'v1,seed=7,shift=0.6', epoch: 0 },
      4,
      /is not a view/,
    ],
  ])('refuses %s', (_, samples, view, room, message) => {
    const read = () =>
      readInputs(pictures(3, [2, 2, 1]), Uint32Array.from(samples), view, new Float32Array(room));
    expect(read).toThrow(message);
  });

  it('refuses a view on flat samples, and names their shape', () => {
    const view = viewAt(views({ shift: 0.1 }), 0);
    const read = () => readInputs(pictures(1, [9]), Uint32Array.of(0), view, new Float32Array(9));
    expect(read).toThrow(
      /shift needs samples of shape \[height, width, channels\], and those of spec.dataset are \[9\]/,
    );
  });
});

/** A view computed pixel by pixel from the text of its definition. */
function plainView(
  dataset: Dataset,
  sample: number,
  seed: number,
  epoch: number,
  shift: number,
  flip: boolean,
): number[] {
  const [height = 0, width = 0, channels = 0] = dataset.sampleShape;
  const key = fnv1a32(`${seed}|${epoch}|${sample}`);
  const offset = (draw: number, size: number) => {
    const most = Math.round(shift * size);
    return Math.floor(mulberry32(key, draw) * (2 * most + 1)) - most;
  };
  const [down, right] = [offset(0, height), offset(1, width)];
  const mirrored = flip && mulberry32(key, 2) < 0.5;
  const out: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const [fromY, shiftedX] = [y - down, x - right];
        const inside = fromY >= 0 && fromY < height && shiftedX >= 0 && shiftedX < width;
        const fromX = mirrored ? width - 1 - shiftedX : shiftedX;
        const pixel = ((sample * height + fromY) * width + fromX) * channels + c;
        out.push(inside ? (dataset.inputs[pixel] as number) : 0);
      }
    }
  }
  return out;
}
