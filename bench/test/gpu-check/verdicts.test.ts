/** Pretended measurements, each with one thing wrong, and the row of the table that must say so. */
import { describe, expect, test } from 'vitest';
import { differenceShare, type ProbeResult } from '../../src/gpu-check/probe-result.js';
import { programRow, tableLines, verdicts } from '../../src/gpu-check/verdicts.js';

const outputs = { samplesPerSecond: 1000, logits: [1, -2, 8], movedBy: 0 };
const GPU: ProbeResult = {
  engineVersion: 'tensorflow 2.21.0',
  engineDevice: 'gpu',
  teacher: { ...outputs, parameterCount: 7 },
  onnx: { ...outputs, movedBy: 2e-6 },
  student: {
    tracedStepsPerSecond: 90,
    eagerStepsPerSecond: 30,
    tracedDigest: 'a',
    eagerDigest: 'a',
  },
};
const slow = { ...outputs, samplesPerSecond: 100 };
const CPU: ProbeResult = {
  ...GPU,
  engineDevice: 'cpu',
  teacher: { ...slow, parameterCount: 7 },
  onnx: slow,
};

const failed = (first: ProbeResult, second: ProbeResult = GPU, cpu: ProbeResult = CPU) =>
  verdicts({ gpu: [first, second], cpu }, true).filter(({ verdict }) => verdict === 'FAILED');

test('all is well', () => {
  expect(failed(GPU)).toEqual([]);
  const rates = verdicts({ gpu: [GPU, GPU], cpu: CPU }, true).find(
    ({ check }) => check === 'ONNX teacher, samples/s',
  );
  expect(rates).toMatchObject({ gpu: '1000.0', cpu: '100.0', note: '10.0 times' });
});

describe('one thing that is wrong is one row', () => {
  test.each<[string, string, ProbeResult, ProbeResult?]>([
    ['no GPU', 'TensorFlow computes there', { ...GPU, engineProblem: 'TensorFlow finds no GPU' }],
    [
      'logits that move',
      'equal questions, equal bits',
      { ...GPU, teacher: { ...outputs, parameterCount: 7, movedBy: 1e-9 } },
    ],
    [
      'another process',
      'equal bits in another process',
      GPU,
      { ...GPU, teacher: { ...outputs, parameterCount: 7, logits: [1, -2, 8.000001] } },
    ],
    [
      'ONNX that moves too far',
      'ONNX Runtime, equal questions',
      { ...GPU, onnx: { ...outputs, movedBy: 2e-4 } },
    ],
    [
      'ONNX that says something else',
      'ONNX Runtime against the processor',
      { ...GPU, onnx: { ...outputs, logits: [1, -2, 8.2] } },
    ],
    [
      'ONNX that is slow',
      'ONNX teacher, samples/s',
      { ...GPU, onnx: { ...outputs, samplesPerSecond: 499 } },
    ],
    [
      'ONNX that does not load',
      'ONNX Runtime, a teacher',
      { ...GPU, onnx: { problem: 'not here' } },
    ],
    [
      'a graph with other bits',
      'steps as a graph against operations',
      { ...GPU, student: { ...GPU.student, eagerDigest: 'b' } as ProbeResult['student'] },
    ],
    [
      'other weights again',
      'the same weights in another process',
      GPU,
      { ...GPU, student: { ...GPU.student, tracedDigest: 'b' } as ProbeResult['student'] },
    ],
  ])('%s: %s', (_, check, first, second) => {
    expect(failed(first, second).map((row) => row.check)).toEqual([check]);
  });
});

test('no speed is expected of a processor that stands for a GPU', () => {
  expect(
    verdicts({ gpu: [CPU, CPU], cpu: CPU }, false).map(({ verdict }) => verdict),
  ).not.toContain('FAILED');
});

test('differences are shares of the greatest logit, and never of less than 1', () => {
  expect(differenceShare([100, 0], [100, 1])).toBe(0.01);
  expect(differenceShare([0.5], [0.25])).toBe(0.25);
  expect(differenceShare([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
});

test('programs are shown as they went, and a table keeps its columns', () => {
  const rows = [
    programRow('a', 'not run'),
    programRow('b', { told: '0.97' }),
    programRow('c', { problem: 'ended | with\n1' }),
  ];
  expect(tableLines(rows).slice(2)).toEqual([
    '| a | – | – | not run | --full runs it |',
    '| b | 0.97 | – | passed |  |',
    '| c | – | – | FAILED | ended \\| with 1 |',
  ]);
});
