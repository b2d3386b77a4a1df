/** Invented measurements with one fault each, and the table rows that must report it. */
import { describe, expect, test } from 'vitest';
import {
  differenceShare,
  leastRowDifference,
  type ProbeResult,
  probeResult,
} from '../../src/gpu-check/probe-result.js';
import { programRow, tableLines } from '../../src/gpu-check/rows.js';
import { type Probes, verdicts } from '../../src/gpu-check/verdicts.js';

const outputs = { samplesPerSecond: 1000, logits: [0.25, -0.5, 2], movedBy: 0 };
const teacher = { ...outputs, parameterCount: 2 ** 20, rowsDifferBy: 0.03, memoryBytes: 2 ** 23 };
const steps = (stepsPerSecond: number, digest: string) => ({ stepsPerSecond, digest });
const student = { batchSize: 128, traced: steps(90, 'a'), eager: steps(30, 'a') };
const GPU = {
  engine: { version: 'tensorflow 2.21.0', device: 'gpu' },
  teacher,
  fullBatch: { samplesPerSecond: 2000 },
  student,
  onnx: { ...outputs, movedBy: 2e-6, memoryBytes: undefined },
  together: { tensorflowMovedBy: 0, onnxMovedBy: 2e-6 },
} satisfies ProbeResult;
const slow = { ...teacher, samplesPerSecond: 100 };
const CPU: ProbeResult = {
  ...GPU,
  engine: { version: 'tensorflow 2.21.0', device: 'cpu' },
  teacher: slow,
  onnx: slow,
};
const ALL: Probes = { gpu: GPU, again: GPU, fast: GPU, cpu: CPU };

const table = (changed: Partial<Probes>, expectsSpeed = true) =>
  verdicts({ ...ALL, ...changed }, expectsSpeed);
const onGpu = (changed: Partial<ProbeResult>): Partial<Probes> => ({ gpu: { ...GPU, ...changed } });
const failed = (changed: Partial<Probes>) =>
  table(changed)
    .filter(({ verdict }) => verdict === 'FAILED')
    .map(({ check }) => check);
const rowOf = (check: string, changed: Partial<Probes> = {}) =>
  table(changed).find((row) => row.check === check);

test('verdicts of faultless measurements have no failure, with speeds and memory in the rows', () => {
  expect(failed({})).toEqual([]);
  expect(rowOf('ONNX teacher, samples/s')).toMatchObject({
    gpu: '1000.0',
    cpu: '100.0',
    note: '10.0 times',
  });
  expect(rowOf('TensorFlow teacher, GPU memory at load')).toMatchObject({
    gpu: '8 MiB',
    verdict: 'measured',
    note: 'weights 4 MiB',
  });
  expect(rowOf('ONNX teacher, GPU memory at load')).toMatchObject({ verdict: 'not run' });
});

describe('verdicts report one fault in one row', () => {
  const otherLogits = { ...outputs, logits: [0.25, -0.5, 2.05] };
  test.each<[string, string, Partial<Probes>]>([
    [
      'logits that move',
      'equal questions, equal bits',
      onGpu({ teacher: { ...teacher, movedBy: 1e-9 } }),
    ],
    [
      'another process',
      'equal bits in another process',
      { again: { ...GPU, teacher: { ...teacher, logits: [0.25, -0.5, 2.000001] } } },
    ],
    [
      'a teacher without a graph',
      'the teacher as a graph',
      onGpu({ teacher: { ...teacher, notTraced: 'why' } }),
    ],
    [
      'samples that are alike',
      'any two samples differ',
      { cpu: { ...CPU, teacher: { ...slow, rowsDifferBy: 0.01 } } },
    ],
    [
      'full batches that fail',
      'TensorFlow teacher, full batches',
      onGpu({ fullBatch: { problem: 'out of memory' } }),
    ],
    ['fast that fails', 'TensorFlow, fast', { fast: { ...GPU, teacher: { problem: 'died' } } }],
    [
      'engines that disturb each other',
      'both engines in one process',
      onGpu({ together: { tensorflowMovedBy: 1e-7, onnxMovedBy: 0 } }),
    ],
    [
      'ONNX that moves too far',
      'ONNX Runtime, equal questions',
      onGpu({ onnx: { ...outputs, movedBy: 2e-4 } }),
    ],
    [
      'ONNX that says something else',
      'ONNX Runtime against the processor',
      onGpu({ onnx: otherLogits }),
    ],
    [
      'ONNX that is slow',
      'ONNX teacher, samples/s',
      onGpu({ onnx: { ...outputs, samplesPerSecond: 499 } }),
    ],
    [
      'ONNX that does not load',
      'ONNX Runtime, a teacher',
      onGpu({ onnx: { problem: 'not here' } }),
    ],
    [
      'a graph with other bits',
      'steps as a graph against operations',
      onGpu({ student: { ...student, traced: steps(90, 'b'), eager: steps(30, 'a') } }),
    ],
    [
      'other weights again',
      'the same weights in another process',
      { again: { ...GPU, student: { ...student, traced: steps(90, 'b') } } },
    ],
    [
      'the processor’s ONNX',
      'ONNX Runtime, a teacher, on the processor',
      { cpu: { ...CPU, onnx: { problem: 'no' } } },
    ],
  ])('%s: %s', (what, check, changed) => {
    const rows = failed(changed).filter(
      // If a traced student differs, it differs from the one of the other process too.
      (row) => what !== 'a graph with other bits' || row !== 'the same weights in another process',
    );
    expect(rows).toEqual([check]);
  });
});

test('verdicts have ONNX figures, but no TensorFlow figures, when TensorFlow does not use the GPU', () => {
  const rows = table(onGpu({ engine: { version: 'v', device: 'cpu', unused: 'finds no GPU' } }));
  expect(rows[0]).toMatchObject({ verdict: 'FAILED', note: 'finds no GPU' });
  const others = rows.filter(({ check }) => /TensorFlow, |both engines|student/.test(check));
  expect(others).toHaveLength(3);
  for (const { gpu, verdict } of others) expect([gpu, verdict]).toEqual(['–', 'not run']);
  expect(rows.find(({ check }) => check === 'ONNX teacher, samples/s')?.gpu).toBe('1000.0');
});

test('verdicts have the results from before a process died, and its death in the other rows', () => {
  const lines = [
    'Hello from a library',
    ...Object.entries(GPU)
      .slice(0, 4)
      .map(([name, part]) => JSON.stringify({ [name]: part })),
  ];
  const changed = { gpu: probeResult(lines, 'was killed by SIGSEGV: libcudnn') };
  expect(failed(changed)).toEqual(['both engines in one process', 'ONNX Runtime, a teacher']);
  expect(rowOf('ONNX Runtime, a teacher', changed)?.note).toBe('was killed by SIGSEGV: libcudnn');
  expect(rowOf('TensorFlow teacher, samples/s', changed)?.gpu).toBe('1000.0');

  const atOnce = table({ gpu: probeResult([], 'took longer than 900 s') });
  expect(atOnce[0]).toMatchObject({ verdict: 'FAILED', note: 'took longer than 900 s' });
});

test.each<[string, Partial<ProbeResult>]>([
  ['equal questions, equal bits', { teacher: { ...teacher, movedBy: Number.NaN } }],
  ['ONNX Runtime, equal questions', { onnx: { ...outputs, movedBy: Number.POSITIVE_INFINITY } }],
  ['both engines in one process', { together: { tensorflowMovedBy: 0, onnxMovedBy: Number.NaN } }],
])('verdicts fail the check "%s" when an answer is not a finite number', (check, part) => {
  const lines = Object.entries({ ...GPU, ...part }).map((one) =>
    JSON.stringify(Object.fromEntries([one])),
  );
  expect(failed({ gpu: probeResult(lines, undefined) })).toEqual([check]);
});

test('verdicts give the reason why a graph was refused, and the eager rate', () => {
  const untraced = { ...student, traced: { problem: 'no graph: gives other bits' } };
  const changed = { gpu: { ...GPU, student: untraced }, again: { ...GPU, student: untraced } };
  expect(failed(changed)).toEqual(['steps as a graph against operations']);
  expect(rowOf('steps as a graph against operations', changed)?.note).toContain('other bits');
  expect(rowOf('student, steps/s of 128 samples by operations', changed)).toMatchObject({
    gpu: '30.0',
    cpu: '30.0',
  });
});

test('verdicts keep the GPU figures when the CPU process fails', () => {
  const changed = { cpu: probeResult([], 'was killed by SIGKILL') };
  expect(rowOf('equal questions, equal bits', changed)).toMatchObject({ gpu: 'equal', cpu: '–' });
  expect(rowOf('ONNX teacher, samples/s', changed)).toMatchObject({ gpu: '1000.0', cpu: '–' });
  expect(rowOf('TensorFlow against the processor', changed)?.verdict).toBe('not run');
});

test('verdicts expect no speed of a CPU in place of a GPU', () => {
  const rows = table({ gpu: { ...GPU, ...CPU, engine: GPU.engine } }, false);
  expect(rows.map(({ verdict }) => verdict)).not.toContain('FAILED');
});

test('differenceShare and leastRowDifference are relative to the greatest value', () => {
  expect(differenceShare([100, 0], [100, 1])).toBe(0.01);
  expect(differenceShare([0.125], [0.12])).toBeCloseTo(0.04);
  expect(differenceShare([0, 0], [0, 0])).toBe(0);
  expect(differenceShare([0], [1])).toBe(Number.POSITIVE_INFINITY);
  expect(differenceShare([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  // Rows 0 and 2 differ by 0.1 of 2.
  expect(leastRowDifference([1, 0, 0, 2, 1.1, 0], 2)).toBeCloseTo(0.05);
});

test('programRow gives the outcome of a program, and tableLines escapes bars and line breaks', () => {
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
