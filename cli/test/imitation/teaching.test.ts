/** Training targets and texts from kept answers, by arithmetic on a few lines written down here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkImitation } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import type { KeptInput } from '../../src/imitation/judging/kept-file.js';
import {
  explainedCounts,
  explainedText,
  explanationMask,
} from '../../src/imitation/teaching/explained-text.js';
import { logShares, namedShares } from '../../src/imitation/teaching/soft-votes.js';
import { trainingSet } from '../../src/imitation/teaching/training-set.js';
import { explanationsWorth } from '../../src/imitation/teaching/worth.js';

const CLASSES = ['x', 'y', 'z'];

const kept = (id: string, more: Partial<KeptInput> = {}): KeptInput => ({
  id,
  text: `text ${id}`,
  answers: {},
  ...more,
});

it('logShares gives the shares of several answers, and spreads the rest equally over all classes', () => {
  const inputs = [
    kept('sure', { answers: { a: 'y' }, shares: { a: { y: 1 } } }),
    kept('doubt', { answers: { a: 'x' }, shares: { a: { x: 0.6, z: 0.4 } } }),
    kept('abstains', { answers: { a: 'x' }, shares: { a: { x: 0.4 } } }),
    kept('does not know', { answers: { a: null }, shares: { a: {} } }),
    kept('no answer'),
    kept('one', { answers: { a: 'z' } }),
  ];
  const rows = logShares(inputs, 'a', CLASSES);
  const near = (p: number) => expect.closeTo(p, 6);
  expect([...rows].map(Math.exp)).toEqual(
    [
      [0, 1, 0],
      [0.6, 0, 0.4],
      [0.6, 0.2, 0.2],
      [1 / 3, 1 / 3, 1 / 3],
      [1 / 3, 1 / 3, 1 / 3],
      [0, 0, 1],
    ].flat().map(near),
  );
  // The term kd needs finite logits: no class has log 0.
  expect([...rows].every(Number.isFinite)).toBe(true);
}); // biome-ignore format: rows

it('namedShares of one teacher sum to at most one an input', () => {
  const inputs = [
    kept('1', { shares: { a: { x: 0.6, z: 0.4 } }, answers: { a: 'x' } }),
    kept('2', { shares: { a: { y: 0.2 } }, answers: { a: 'y' } }),
    kept('3', { answers: { a: 'z' } }),
    kept('4'),
  ];
  expect([...namedShares(inputs, 'a', CLASSES)]).toEqual(
    [[0.6, 0, 0.4], [0, 0.2, 0], [0, 0, 1], [0, 0, 0]].flat(),
  );
}); // biome-ignore format: rows

it('namedShares gives a class that is named constructor no share', () => {
  const inputs = [kept('1', { shares: { a: { x: 1 } }, answers: { a: 'x' } })];
  expect([...namedShares(inputs, 'a', ['x', 'constructor'])]).toEqual([1, 0]);
});

const imitation = checkImitation(
  {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
    spec: {
      inputs: { source: 'words.csv', text: 'text' },
      classes: ['deu', 'eng'],
      teachers: [
        {
          name: 'chat',
          endpoint: {
            url: 'http://127.0.0.1:1/',
            input: 'text',
            chat: { model: 'm', prompt: '{input}' },
            classes: { German: 'deu', Anglais: 'eng', unknown: null },
          },
          ask: { schema: { label: null, explanation: null } },
        },
      ],
      train: {
        explanations: 'modality',
        explained: { mask: ['Teutonic'] },
        run: { student: { model: { architecture: 'mlp', hiddenUnits: [4] } } },
      },
    },
  },
  'words.yaml',
);

it('explainedText appends each explanation once, and masks the names of the classes', () => {
  const input = kept('1', {
    text: 'der deu-Satz',
    explanations: {
      chat: [
        { class: 'deu', text: '“der” is GERMAN (deu); a teutonic article' },
        { class: 'eng', text: 'perhaps anglais, unknown' },
      ],
      other: [{ class: 'deu', text: '“der” is GERMAN (deu); a teutonic article' }],
    },
  });
  expect(explainedText(input, explanationMask(imitation))).toBe(
    'der deu-Satz\n“der” is ▮ (▮); a ▮ article\nperhaps ▮, unknown',
  );
  expect(explainedText(kept('2'), explanationMask(imitation))).toBe('text 2');
});

it('explainedCounts counts the inputs and the explained ones of each split', () => {
  const why = { chat: [{ class: 'deu', text: 'so' }] };
  const inputs = [
    kept('1', { split: 'train', explanations: why }),
    kept('2', { split: 'train', explanations: {} }),
    kept('3', { split: 'test' }),
  ];
  expect(explainedCounts(inputs)).toEqual({
    train: { inputs: 2, explained: 1 },
    test: { inputs: 1, explained: 0 },
  });
  expect(explainedCounts([kept('1', { explanations: why })])).toEqual({ all: { inputs: 1, explained: 1 } }); // biome-ignore format: one line
});

it('explanationsWorth gives the mean difference of paired seeds with its interval', () => {
  const runs = { student: 's', plain: 'p', explained: 'e' };
  const outcome = (seed: number, student: number, plain: number) => ({
    seed,
    runs,
    student: { accuracy: student, nll: 1 },
    plain: { accuracy: plain, nll: 1.5 },
    explained: { accuracy: 0.9, nll: null },
  });
  const known = { name: 'words', explained: {}, labels: { inputs: 3, known: 3 }, testSamples: 100 };
  const { accuracy, nll } = explanationsWorth(known, [outcome(1, 0.8, 0.7), outcome(2, 0.8, 0.8), outcome(3, 0.9, 0.7)]); // biome-ignore format: one line
  // Differences 0.1, 0 and 0.2: deviation 0.1, t of two degrees 4.3027.
  const margin = (4.302652729 * 0.1) / Math.sqrt(3);
  expect(accuracy).toMatchObject({
    explained: expect.closeTo(0.9, 12),
    difference: expect.closeTo(0.1, 12),
    interval: { low: expect.closeTo(0.1 - margin, 6), high: expect.closeTo(0.1 + margin, 6) },
  });
  // There is no mean of missing values, and no interval of one seed.
  expect(nll).toBeNull();
  expect(explanationsWorth(known, [outcome(1, 0.8, 0.7)]).accuracy).toMatchObject({ difference: expect.closeTo(0.1, 12), interval: null }); // biome-ignore format: one line
});

it.each<[string, KeptInput[]]>([
  ['no training input was kept', [kept('1', { split: 'validation' })]],
  ['input 1 has the class fra, which is not in spec.classes', [kept('1', { answers: { chat: 'fra' } })]],
  ['1 of 2 inputs have a split; want one for all', [kept('1', { split: 'train' }), kept('2')]],
  ['its inputs are of several kinds', [kept('1'), { id: '2', answers: {}, numbers: [1] }]],
  ['input 1 has 1 numbers, and spec.inputs.numbers names 0', [{ id: '1', answers: {}, numbers: [1] }]],
  ['spec.train.explanations needs texts', [{ id: '1', answers: {}, numbers: [] }]],
  ['no kept training input has an explanation', [kept('1')]],
])('trainingSet refuses unfit inputs, and names the file: %s', async (message, inputs) => {
  const folder = mkdtempSync(join(tmpdir(), 'lyceum-teaching-'));
  const places = {
    keptFile: 'kept.jsonl',
    cacheFolder: folder,
    scratch: folder,
    images: folder,
    signal: new AbortController().signal,
  };
  try {
    await expect(trainingSet(imitation, inputs, places)).rejects.toThrow(`kept.jsonl: ${message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}); // biome-ignore format: rows
