/** A run that is long enough to be disturbed, and asks its teacher to the end. */
import type { DatasetParts } from '@lyceum/learning/datasets';

/** 400 images of 6 × 6, so that views differ from epoch to epoch. */
export function images(): DatasetParts {
  const sampleCount = 400;
  return {
    sampleShape: [6, 6, 1],
    sampleCount,
    classCount: 2,
    classNames: ['a', 'b'],
    inputs: Float32Array.from({ length: sampleCount * 36 }, (_, i) => ((i * 7919) % 101) / 101),
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % 2),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i < 320 ? 1 : i < 360 ? 2 : 3)),
  };
}

const student = { model: { architecture: 'mlp', hiddenUnits: [16] } };
const head = { apiVersion: 'lyceum.dev/v1alpha1' };
export const TEACHER = {
  ...head,
  kind: 'Training',
  metadata: { name: 'teacher' },
  spec: { dataset: 'images', student, training: { epochs: 2, batchSize: 32 } },
};

/** Long enough for everything to happen in the middle of it; no epoch's answers serve another. */
export const LONG = {
  ...head,
  kind: 'Distillation',
  metadata: { name: 'long' },
  spec: {
    dataset: 'images',
    teachers: [{ name: 'one', model: 'run:teacher' }],
    // There is nothing to learn from the set.
    teacherHealth: { accept: ['one'] },
    student,
    views: { seed: 3, cycle: 1000, shift: 0.2 },
    training: { epochs: 100, batchSize: 32, seed: 4, checkpointEverySteps: 50 },
    selection: { everySteps: 1000 },
  },
};
