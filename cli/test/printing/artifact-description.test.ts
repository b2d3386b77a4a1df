/** Descriptions of data sets and models, against text written by hand. */
import { expect, test } from 'vitest';
import {
  classCountLines,
  datasetText,
  modelText,
} from '../../src/printing/artifact-description.js';

test('datasetText shows shape, classes, splits, missing labels and shared samples', () => {
  const description = {
    modalities: [{ sampleShape: [28, 28, 1], valueType: 'uint8' }],
    classCount: 10,
    splits: { train: { samples: 7001, labelled: 200 }, test: { samples: 2000, labelled: 2000 } },
    sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
  };
  const text = '[28, 28, 1], 10 classes; train 7,001 (200 labelled), test 2,000';
  expect(datasetText(description)).toBe(text);
  const sharedSamples = { validationInTrain: 0, testInTrain: 11, testInValidation: 0 };
  expect(datasetText({ ...description, sharedSamples })).toBe(
    `${text}; 11 of test are in train too`,
  );
});

test('datasetText of a set in shards shows how much is where', () => {
  const description = {
    modalities: [{ sampleShape: [64, 64, 3] }],
    classCount: 2,
    splits: { train: { samples: 7, labelled: 7 } },
    sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
    shards: { count: 1024, formats: ['tar'], pictureBytes: 12_300_000_000, chunks: 1230 },
  };
  expect(datasetText(description)).toBe(
    '[64, 64, 3], 2 classes; train 7; 12.3 GB of pictures in 1,024 shards (tar), 1,230 chunks',
  );
});

test('datasetText names each of several modalities', () => {
  const modalities = [
    { name: 'pixels', sampleShape: [28, 28, 1] },
    { name: 'sound', sampleShape: [400] },
  ];
  const sharedSamples = { validationInTrain: 0, testInTrain: 0, testInValidation: 0 };
  const splits = { train: { samples: 7, labelled: 7 } };
  expect(datasetText({ modalities, classCount: 10, splits, sharedSamples })).toBe(
    'pixels [28, 28, 1], sound [400], 10 classes; train 7',
  );
});

test('modelText shows input, classes, size and output', () => {
  const size = { parameterCount: 266_610, output: 'logits' };
  expect(modelText({ inputShape: [784], classCount: 10, ...size })).toBe(
    '[784] to 10 classes; 266,610 parameters; logits',
  );
  expect(modelText(size)).toBe('any input; 266,610 parameters; logits');
  const settings = { output: 'logits', modality: 'sound' };
  expect(modelText({ inputShape: [400], classCount: 10, ...size, settings })).toBe(
    'sound [400] to 10 classes; 266,610 parameters; logits',
  );
});

test('modelText shortens a list of many inputs, and marks a model that only names a class', () => {
  const columns = Array.from({ length: 14 }, (_, n) => ({ name: `f${n}`, kind: 'number' }));
  const inputs = columns.map(({ name }) => name);
  const size = { parameterCount: 60, output: 'logits' };
  expect(modelText({ reads: 'columns', columns, ...size, inputs, outputs: ['y'] })).toBe(
    '14 columns of a table; 60 parameters; logits; in: f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11 and 2 more; out: y',
  );
  const box = { parameterCount: 0, output: 'probabilities', classesOnly: true, reads: 'columns' };
  expect(modelText({ ...box, inputs: ['row to http://x/'], outputs: ['class'] })).toBe(
    'rows of a table; says a class alone; in: row to http://x/; out: class',
  );
});

test('datasetText and modelText give nothing for an unknown description', () => {
  expect(datasetText({})).toBeUndefined();
  expect(modelText({ parameterCount: 'many' })).toBeUndefined();
});

test('classCountLines gives a table of labelled samples by class and split', () => {
  const splits = {
    train: { samples: 1300, labelled: 1201, byClass: [1200, 1] },
    test: { samples: 3, labelled: 3, byClass: [3, 0] },
  };
  expect(classCountLines({ classNames: ['cat', 'dog'], splits })).toEqual([
    'Labelled samples:',
    'CLASS  TRAIN  TEST',
    'cat    1,200     3',
    'dog        1     0',
  ]);
  expect(classCountLines({ classNames: [], splits })[3]).toBe('1          1     0');
  expect(classCountLines({ classNames: [], splits: { train: { samples: 3 } } })).toEqual([]);
});
