/** Tensors and sizes of a run with two teachers, by hand. */
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import type { PinnedTeacher } from '../../../src/runs/record/pinned-teacher.js';
import type { RunRecord } from '../../../src/runs/record/run-record.js';
import {
  gridOf,
  meanAnswerBytes,
  targetTensors,
  teacherOutputs,
} from '../../../src/runs/record/run-tensors.js';
import { queued } from '../queued-run.js';

function record(features: RunRecord['features']): RunRecord {
  const names = ['one', 'two'];
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'run' },
      spec: {
        dataset: 'digits',
        teachers: names.map((name) => ({ name, model: name })),
        student: { model: { architecture: 'mlp' } },
      },
    },
    'test',
  );
  const teachers = names.map((name): PinnedTeacher => {
    const digest = name === 'one' ? '1'.repeat(64) : '2'.repeat(64);
    return {
      name,
      access: 'white',
      identity: digest,
      modelDigest: digest,
      settingsJson: '{}',
      engine: 'tfjs-layers',
      weight: 1,
      parameterCount: 1,
      weightBytes: 4,
    };
  });
  const plan = { sampleCount: 100_000, batchSize: 128, stepsPerEpoch: 782, stepCount: 7820 };
  return { ...queued(), specification, teachers, features, plan, answerCodec: 'float16' };
}

const PLAIN = record([]);
const GUIDED = record([
  { teacher: 1, layer: 'a', shape: [20] },
  { teacher: 1, layer: 'z', shape: [7, 7, 64] },
]);

it('teacherOutputs has the logits and the hint layers of a teacher, sorted', () => {
  const logits = { name: 'logits', rowLength: 10, codec: 'float16' };
  expect(teacherOutputs(PLAIN, 1)).toEqual([logits]);
  expect(teacherOutputs(GUIDED, 0)).toEqual([logits]);
  expect(teacherOutputs(GUIDED, 1)).toEqual([
    { name: 'layer/a', rowLength: 20, codec: 'float32' },
    { name: 'layer/z', rowLength: 3136, codec: 'float32' },
    logits,
  ]);
});

it('targetTensors has features after the pools', () => {
  expect(targetTensors(GUIDED)).toEqual([
    ...targetTensors(PLAIN),
    expect.objectContaining({ name: 'features/two/a', rowShape: [20] }),
    expect.objectContaining({ name: 'features/two/z', rowShape: [7, 7, 64] }),
  ]);
});

it('gridOf cuts shorter spans for large features, and meanAnswerBytes counts features', () => {
  // 782 steps in 24 spans of 40 bytes a row; 8 MiB of 4 · (10 + 3,156) bytes, in whole batches.
  expect(gridOf(PLAIN).spanPositions).toBe(33 * 128);
  expect(gridOf(GUIDED).spanPositions).toBe(5 * 128);
  expect(meanAnswerBytes(PLAIN)).toBe(40);
  expect(meanAnswerBytes(GUIDED)).toBe(40 + 2 * 3156);
});
