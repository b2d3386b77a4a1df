/** Equal samples planted in several splits, in bytes and in floats, in one modality or two, counted by hand. */
import { describe, expect, it } from 'vitest';
import { type Modality, NAMELESS } from '../../src/datasets/dataset.js';
import type { ShardIndex } from '../../src/datasets/shards/index.js';
import { sharedSamples, sharedSamplesText } from '../../src/datasets/shared-samples.js';

/** A set in which each letter is a sample of two values; splits by number. */
function set(samples: string, splits: number[], type: 'bytes' | 'floats') {
  const values = [...samples].flatMap((letter) => [letter.charCodeAt(0), 7]);
  const inputs = type === 'bytes' ? Uint8Array.from(values) : Float32Array.from(values);
  const modality: Modality = { sampleShape: [2], inputs, inputScale: 1 };
  return {
    modalities: new Map([[NAMELESS, modality]]),
    sampleCount: samples.length,
    splits: Uint8Array.from(splits),
  };
}

describe.each(['bytes', 'floats'] as const)('sharedSamples of %s', (type) => {
  it('counts the samples of validation and test that other splits hold too', () => {
    // b is twice in test and once in train, d in validation and test, e in all three, a twice in train only.
    const samples = 'aabcdedebbe';
    const splits = [1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 1];
    expect(sharedSamples(set(samples, splits, type))).toEqual({
      validationInTrain: 1,
      testInTrain: 3,
      testInValidation: 2,
    });
  });

  it('counts none where all samples differ', () => {
    const shared = sharedSamples(set('abcdef', [1, 1, 2, 2, 3, 3], type));
    expect(shared).toEqual({ validationInTrain: 0, testInTrain: 0, testInValidation: 0 });
    expect(sharedSamplesText(shared)).toBeUndefined();
  });
});

it('sharedSamples compares pictures in shards by their digests', () => {
  const letters = 'aabbc';
  const digests = Uint8Array.from(
    [...letters].flatMap((letter) => Array(16).fill(letter.charCodeAt(0))),
  );
  const { splits, sampleCount } = set(letters, [1, 3, 1, 2, 3], 'bytes');
  const shards = { digests } as ShardIndex;
  expect(sharedSamples({ modalities: new Map(), splits, sampleCount, shards })).toEqual({
    validationInTrain: 1,
    testInTrain: 1,
    testInValidation: 0,
  });
});

it('sharedSamples counts samples that are equal in all modalities only', () => {
  const splits = [1, 1, 3, 3];
  const pixels = set('abab', splits, 'bytes').modalities.get(NAMELESS) as Modality;
  const sound = set('abba', splits, 'floats').modalities.get(NAMELESS) as Modality;
  const both = (second: Modality) => ({
    ...set('abab', splits, 'bytes'),
    modalities: new Map([
      ['pixels', pixels],
      ['sound', second],
    ]),
  });
  expect(sharedSamples(both(sound)).testInTrain).toBe(0);
  expect(sharedSamples(both(pixels)).testInTrain).toBe(2);
});

it('sharedSamplesText names each count that is not 0', () => {
  const shared = { validationInTrain: 1, testInTrain: 11, testInValidation: 0 };
  expect(sharedSamplesText(shared)).toBe(
    '1 of validation is in train too, 11 of test are in train too',
  );
});
