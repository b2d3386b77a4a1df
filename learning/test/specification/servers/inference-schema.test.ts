/** A package may claim any sizes for its server. They are checked before memory is allocated. */
import { expect, test } from 'vitest';
import {
  checkInferenceDescription,
  checkRemoteModelDocument,
} from '../../../src/specification/servers/inference-schema.js';

const FOUND = {
  server: { name: 'test', version: '1' },
  platform: '',
  versions: ['1'],
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 3] }],
  question: { input: 'x', sampleShape: [2] },
  output: 'y',
  classCount: 3,
  rows: 128,
  rowsAreFixed: false,
  canaries: [0, 0, 0],
};

const asked = (sampleShape: number[]) => ({ question: { ...FOUND.question, sampleShape } });
const column = { name: 'x', cellType: 'string', isFlat: false };
const table = { table: [{ ...column, columns: Array<string>(10_000).fill('x') }] };

const check = (changes: object) =>
  checkRemoteModelDocument(
    {
      description: { url: 'grpc://127.0.0.1:1', model: 'far' },
      found: { ...FOUND, ...changes },
    },
    'package',
  );

test('checkRemoteModelDocument accepts ordinary sizes', () => {
  expect(check({}).found.rows).toBe(128);
  expect(check({ question: table }).found.question).toEqual(table);
});

test.each([
  ['samples', asked([1e9]), 'found.question.sampleShape[0]: want a whole number from 1 to 8388608'],
  [
    'requests',
    { ...asked([8_000, 8]), rowsAreFixed: true, rows: 1_000 },
    'found.question: makes requests of 64000000 values, 1000 rows of [8000,8]; at most 8323072 are sent',
  ],
  [
    'tables',
    { question: table, rows: 1_000 },
    'found.question: makes requests of 10000000 values, 1000 rows of [10000]; at most 8323072 are sent',
  ],
  ['rows', { rows: 1e9 }, 'found.rows: want a whole number from 1 to 8388608'],
  [
    'classes',
    { classCount: 1e6 },
    'found.classCount: is 1000000, and the answers to fixed inputs have 3 numbers',
  ],
])('checkRemoteModelDocument refuses an impossible size or number of %s', (_, changes, message) => {
  expect(() => check(changes)).toThrow(message);
});

test.each([
  [{ request: '$inputs' }, 'request: is of an endpoint, whose description is pushed without'],
  [{ scale: 255 }, "scale: is one of the model's settings: --settings FILE"],
  [{ settings: { scale: 255 } }, 'settings: stand in a file of their own: --settings FILE'],
])('checkInferenceDescription refuses fields of other documents: %j', (changes, message) => {
  const description = { url: 'grpc://127.0.0.1:1', model: 'far', ...changes };
  expect(() => checkInferenceDescription(description, 'far.yaml')).toThrow(message);
});
