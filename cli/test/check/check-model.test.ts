/** `checkModel` with a fake model: the test says how often it is right with which settings. */
import { expect, test } from 'vitest';
import type { CheckedModel } from '../../src/check/candidate-settings.js';
import { checkLines } from '../../src/check/check-lines.js';
import { checkModel } from '../../src/check/check-model.js';

const SAMPLES = { sampleCount: 96, classNames: ['cat', 'dog'] };
const MODEL: CheckedModel = {
  format: 'onnx',
  settings: { output: 'logits', layout: 'NHWC' },
  fixed: new Set(['layout', 'output']),
  inputShape: [8, 8, 3],
  reads: undefined,
  sampleShape: [8, 8, 3],
  mean: [0.5, 0.5, 0.5],
  standardDeviation: [0.25, 0.25, 0.25],
};

/** @param rightOf - samples of 96 that it is right about. */
function found(rightOf: (settings: CheckedModel['settings']) => number, model = MODEL) {
  const trial = {
    samples: SAMPLES,
    try: async (settings: CheckedModel['settings']) => {
      const right = rightOf(settings);
      const counts: [number, number, number][] = [
        [0, 0, Math.floor(right / 2)],
        [1, 1, Math.ceil(right / 2)],
        [1, 0, 48 - Math.floor(right / 2)],
        [0, 1, 48 - Math.ceil(right / 2)],
      ];
      const range: [number, number] = [-1, 1];
      return {
        reply: 'tried' as const,
        classCount: 2,
        counts,
        distributions: false,
        range,
        millisecondsPerSample: 1,
      };
    },
  };
  return checkModel(trial, model, () => undefined);
}

/** @param rights - samples of 96 that are right, by order of colours, with unchanged values; else it is 50. */
async function foundColours(rights: Readonly<Record<'RGB' | 'BGR', number>>) {
  const { best, settings } = await found(({ colours = 'RGB', scale, mean }) => {
    const isMeant = scale === undefined && mean === undefined;
    return isMeant ? rights[colours as 'RGB' | 'BGR'] : 50;
  });
  return [best.colours, settings.colours];
}

test.each([
  [65, 'as they are', undefined],
  [80, '× 255', 255],
])(
  'checkModel changes values only if that is better beyond chance: %i right, not 62',
  async (right, values, scale) => {
    const { best, settings } = await found((own) => (own.scale === 255 && !own.mean ? right : 62));
    expect([best.values, settings.scale]).toEqual([values, scale]);
  },
);

test('checkModel turns colours if that is clearly better', async () => {
  expect(await foundColours({ RGB: 70, BGR: 90 })).toEqual(['BGR', 'BGR']);
});

test('checkModel names the layout where the file leaves it open, also the usual one', async () => {
  const written = async (model: CheckedModel) =>
    JSON.stringify((await found(() => 90, model)).settings);
  expect(await written(MODEL)).toBe('{"output":"logits"}');
  const open = { ...MODEL, fixed: new Set(['output']) };
  expect(await written(open)).toBe('{"output":"logits","layout":"NHWC"}');
});

test('checkModel does not turn colours for a gain of two samples', async () => {
  expect(await foundColours({ RGB: 91, BGR: 93 })).toEqual(['RGB', undefined]);
});

test('checkLines shows what every candidate reaches in another order of classes, where that decides', async () => {
  const turned = checkLines(await found((own) => (own.scale === 255 && !own.mean ? 6 : 36)));
  expect(turned[0]).toMatch(/ACCURACY {2}IN ANOTHER ORDER$/);
  expect(turned.find((line) => line.startsWith('× 255'))).toMatch(/ 6\.3 % +93\.8 %$/);
  expect(turned.find((line) => line.startsWith('as they are'))).toMatch(/ 37\.5 % +62\.5 %$/);
  expect(turned).toContain('Best: values × 255, NHWC, RGB');
  const plain = checkLines(await found(() => 90));
  expect(plain[0]).toMatch(/ACCURACY$/);
});
