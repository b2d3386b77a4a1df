/** The inputs that models get from two pictures of 2 × 2 pixels, computed by hand. */
import { describe, expect, it } from 'vitest';
import { withHeld } from '../../src/datasets/dataset.js';
import { encodeDataset, parseDataset } from '../../src/datasets/dataset-file.js';
import { classOrder, inClassOrder, knownClassesOf } from '../../src/models/class-order.js';
import { ModelInputs, sampleShapeError } from '../../src/models/model-inputs.js';
import {
  type ModelSettings,
  parsePartialSettings,
  parseSettingsJson,
  settingsJson,
} from '../../src/models/model-settings.js';
import { IDENTITY_VIEW } from '../../src/views/views.js';

/** Red, green and blue values of four pixels: 0, 1, 2; 3, 4, 5; … */
const colour = set([2, 2, 3], 24);
const gray = set([2, 2, 1], 8);

function set(sampleShape: number[], valueCount: number) {
  return parseDataset(
    encodeDataset({
      sampleShape,
      sampleCount: 2,
      classCount: 3,
      classNames: ['cat', 'dog', 'eel'],
      inputs: Float32Array.from({ length: valueCount }, (_, i) => i),
      inputScale: 1,
      labels: Int32Array.of(0, 1),
      splits: Uint8Array.of(1, 1),
    }),
  );
}

function seen(
  dataset: typeof colour,
  settings: Partial<ModelSettings>,
  inputShape?: number[],
  samples = [0],
): number[] {
  const inputs = new ModelInputs(dataset, { output: 'logits', ...settings }, inputShape);
  const out = new Float32Array(samples.length * inputs.size);
  inputs.read(Uint32Array.from(samples), IDENTITY_VIEW, out);
  return [...out];
}

describe('ModelInputs', () => {
  it('gives samples unchanged without settings', () => {
    expect(seen(colour, {})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('puts the channels of every sample first for NCHW', () => {
    const first = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11];
    expect(seen(colour, { layout: 'NCHW' }, undefined, [0, 1])).toEqual([
      ...first,
      ...first.map((value) => value + 12),
    ]);
    const settings = { output: 'logits' as const, layout: 'NCHW' as const };
    expect(new ModelInputs(colour, settings, undefined).modelShape).toEqual([3, 2, 2]);
  });

  it('reverses the channels for BGR', () => {
    expect(seen(colour, { colours: 'BGR' })).toEqual([2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9]);
  });

  it('converts colours to gray and gray to colours', () => {
    const grays = [0, 3, 6, 9].map((red) => Math.fround(red + 0.587 + 2 * 0.114));
    for (const [i, value] of seen(colour, { colours: 'gray' }, undefined, [0, 1]).entries()) {
      const want = i < 4 ? grays[i] : (grays[i - 4] ?? 0) + 12;
      expect(value).toBeCloseTo(want ?? Number.NaN, 5);
    }
    expect(seen(gray, { colours: 'RGB' })).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(seen(gray, { colours: 'gray' })).toEqual([0, 1, 2, 3]);
  });

  it('scales, subtracts the mean and divides by the deviation, per channel of the model', () => {
    const settings = { scale: 2, mean: [1, 2, 3], standardDeviation: [1, 2, 4] };
    expect(seen(colour, settings).slice(0, 6)).toEqual([-1, 0, 0.25, 5, 3, 1.75]);
    // Blue is the first channel now, so it has the first mean.
    expect(seen(colour, { ...settings, colours: 'BGR' }).slice(0, 3)).toEqual([3, 0, -0.75]);
    expect(seen(gray, { mean: [1] })).toEqual([-1, 0, 1, 2]);
    expect(seen(colour, { ...settings, layout: 'NCHW' }).slice(0, 4)).toEqual([-1, 5, 11, 17]);
  });

  it('resizes pictures to the input size of the model', () => {
    expect(seen(gray, {}, [1, 1, 1])).toEqual([1.5]);
    expect(seen(gray, { colours: 'RGB' }, [1, 1, 3])).toEqual([1.5, 1.5, 1.5]);
    expect(seen(colour, { colours: 'gray' }, [1, 1, 1])[0]).toBeCloseTo(4.5 + 0.587 + 0.228, 5);
  });

  it('reads bytes only for held samples whose pixels the model gets unchanged', () => {
    const bytes = { ...colour, inputs: Uint8Array.from(colour.inputs), inputScale: 1 / 255 };
    const held = withHeld(bytes, Uint32Array.of(1), bytes.inputs.subarray(12));
    const reads = (dataset: typeof colour, settings: Partial<ModelSettings>, shape?: number[]) =>
      new ModelInputs(dataset, { output: 'logits', ...settings }, shape).readsBytes(IDENTITY_VIEW);
    expect(reads(held, {})).toBe(true);
    const out = new Uint8Array(12);
    new ModelInputs(held, { output: 'logits' }, [2, 2, 3]).read(
      Uint32Array.of(1),
      IDENTITY_VIEW,
      out,
    );
    expect([...out]).toEqual(Array.from({ length: 12 }, (_, i) => 12 + i));
    expect(reads(bytes, {})).toBe(false);
    expect(reads({ ...held, inputScale: 1 }, {})).toBe(false);
    expect(reads(held, {}, [4, 4, 3])).toBe(false);
    for (const settings of [
      { scale: 255 },
      { layout: 'NCHW' as const },
      { colours: 'BGR' as const },
      { mean: [0.5] },
      { standardDeviation: [2] },
      { resize: 2 },
    ]) {
      expect(reads(held, settings), JSON.stringify(settings)).toBe(false);
    }
  });

  it.each<Partial<ModelSettings>>([
    { scale: 255 },
    { mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], layout: 'NCHW' },
    { colours: 'BGR', scale: 2, mean: [0.1, 0.2, 0.3] },
    { colours: 'BGR', layout: 'NCHW', standardDeviation: [0.3] },
    { colours: 'gray', mean: [0.5] },
    { layout: 'NCHW' },
  ])('gives held bytes the same values as kept samples: %j', (settings) => {
    const inputs = Uint8Array.from({ length: 24 }, (_, i) => (i * 83) % 256);
    const kept = { ...colour, inputs, inputScale: 1 / 255 };
    const held = withHeld(kept, Uint32Array.of(0, 1), inputs);
    expect(seen(held, settings, undefined, [1, 0])).toEqual(
      seen(kept, settings, undefined, [1, 0]),
    );
  });

  it('refuses settings that do not fit the sample shape', () => {
    expect(() => seen(colour, { mean: [1, 2] })).toThrow('mean has 2 values; want one, or one for');
    expect(() => seen(set([4], 8), { layout: 'NCHW' })).toThrow('layout NCHW is for pictures');
    expect(() => seen(set([2, 2, 2], 16), { colours: 'gray' })).toThrow('1 or 3 channels');
  });
});

describe('model settings', () => {
  it('with the same meaning have the same text', () => {
    const text =
      '{"layout":"NHWC","mean":[0,0,0],"output":"logits","standardDeviation":[1],"scale":1}';
    expect(settingsJson(parseSettingsJson(text))).toBe('{"output":"logits"}');
    const full =
      '{"output":"logits","modality":"pixels","mean":[0.5],"layout":"NCHW","colours":"BGR","classes":["b","a"]}';
    expect(settingsJson(parseSettingsJson(full))).toBe(full);
  });

  it('that a user gives stay, also where they are what an absent setting stands for', () => {
    const given = { scale: 1, mean: [0], layout: 'NHWC', antialias: false };
    expect(parsePartialSettings(JSON.stringify(given))).toEqual(given);
  });

  it('may give mean and standardDeviation as one number', () => {
    const [short, long] = [
      '{"output":"logits","mean":0.1307,"standardDeviation":0.3081}',
      '{"output":"logits","mean":[0.1307],"standardDeviation":[0.3081]}',
    ];
    expect(parseSettingsJson(short)).toEqual(parseSettingsJson(long));
    expect(settingsJson(parseSettingsJson(short))).toBe(long);
    expect(settingsJson(parseSettingsJson('{"output":"logits","mean":0}'))).toBe(
      '{"output":"logits"}',
    );
  });

  it.each([
    ['{"output":"logits","standardDeviation":0}', /standardDeviation: must be .*greater than 0/],
    ['{"output":"logits","mean":null}', /mean: must be a list of numbers.*or a number/],
    ['{"output":"logits","mean":["a"]}', /mean: must be a list of numbers/],
    ['{"output":"logits","standardDeviation":[0]}', /standardDeviation: must be .*greater than 0/],
    ['{"output":"logits","modality":"Pixels"}', /modality: must be a modality's name: lower-case/],
    ['{"output":"logits","layout":"HWC"}', /layout: must be "NHWC" or "NCHW"/],
    ['{"output":"logits","resize":[0,4]}', /resize: must be a whole number from 1 to 8192/],
    ['{"output":"logits","antialias":1}', /antialias: must be true or false/],
    ['{"output":"logits","classes":["a","a"]}', /classes: must be .* different names/],
  ])('are refused: %s', (text, message) => {
    expect(() => parseSettingsJson(text)).toThrow(message);
  });
});

describe('classOrder', () => {
  const order = (classes?: string[]) =>
    classOrder({ output: 'logits', ...(classes && { classes }) }, colour);

  it('finds the output of the model for each class of the data set', () => {
    expect(order()).toBeUndefined();
    expect([...(order(['eel', 'ant', 'cat', 'dog']) ?? [])]).toEqual([2, 3, 0]);
  });

  it('leaves out unknown classes, which get the least value of the row', () => {
    const settings = { output: 'logits', classes: ['dog', 'eel', 'ant'] } as const;
    expect([...(classOrder(settings, colour) ?? [])]).toEqual([-1, 0, 1]);
    expect(knownClassesOf(settings, colour)).toEqual([1, 2]);
    expect(knownClassesOf({ output: 'logits' }, colour)).toBeUndefined();
    expect(knownClassesOf({ ...settings, classes: ['dog', 'cat', 'eel'] }, colour)).toBeUndefined();
    const rows = Float32Array.of(5, -9, 3, -2, 0, 4);
    // The model's output for ants belongs to no class of the data set.
    expect([...inClassOrder(rows, 3, classOrder(settings, colour))]).toEqual([
      -9, 5, -9, -2, -2, 0,
    ]);
  });

  it('names the missing classes where the model knows fewer than two', () => {
    expect(() => order(['eel', 'ant'])).toThrow(
      "have 1 of the data set's 3, and want 2 at least; they lack cat, dog",
    );
  });
});

describe('sampleShapeError', () => {
  it.each([
    [[1, 16, 16], [3, 16, 16], true],
    [[16, 16, 1], [16, 16, 3], true],
    [[undefined, undefined, 1], [16, 16, 3], true],
    [[3, 16, 16], [1, 16, 16], false],
    [[1], [3], false],
    [[16, 16, 3], [8, 8, 3], false],
  ])(
    'names both shapes, and gray for a gray model and samples of three channels: %j, %j',
    (takes, given, isGray) => {
      const { code, message } = sampleShapeError(takes, given);
      expect(code).toBe('INVALID_ARGUMENT');
      expect(message).toContain(`; it is given [${given}]`);
      expect(message.includes('"colours": "gray"')).toBe(isGray);
    },
  );
});
