// A small plan whose frames are cut anywhere; rows are told by numbers that their positions give.
import { orderedRows, stepPlan } from '@lyceum/learning/orders';
import { viewAt } from '@lyceum/learning/views';
import { float32Tensor, float32Values } from '@lyceum/proto';
import { expect, it } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { type BatchSettings, targetBatches } from '../../src/target-streams/target-batches.js';

const TRAIN = 10;
const dataset: DatasetOutline = {
  digest: 'ab'.repeat(32),
  sampleCount: TRAIN + 2,
  classCount: 2,
  classNames: ['a', 'b'],
  modalities: new Map([['', { sampleShape: [1], inputs: new Float32Array(0), inputScale: 1 }]]),
  labels: Int32Array.from({ length: TRAIN + 2 }, (_, i) => i % 2),
  // Samples 0 and 1 are of the test split: row r of train is sample r + 2.
  splits: Uint8Array.from({ length: TRAIN + 2 }, (_, i) => (i < 2 ? 3 : 1)),
  sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
};

const settings: BatchSettings = {
  plan: stepPlan({ sampleCount: TRAIN, batchSize: 4, epochs: 2 }),
  dataset,
  split: 'train',
  orderSeed: 7,
  // The labels of even samples are known.
  labelled: Uint8Array.from({ length: TRAIN + 2 }, (_, i) => (i + 1) % 2),
  viewOf: (epoch) => viewAt(undefined, epoch),
  contributorsOf: (step) => (step < 4 ? [0, 1] : [1]),
};

function frame(epoch: number, firstPosition: number, rowCount: number) {
  const values = Float32Array.from({ length: 2 * rowCount }, (_, i) => 2 * firstPosition + i);
  const tensors = [float32Tensor('t', [rowCount, 2], values)];
  return { epoch, firstPosition, tensors, figures: [] };
}

it('cuts frames at the ends of batches, the last of which is shorter', () => {
  const batches = [frame(1, 0, 3), frame(1, 3, 7)].flatMap((f) => [...targetBatches(f, settings)]);
  expect(
    batches.map((b) => [b.step, b.firstPosition, b.samples.length, b.endsBatch, b.contributors]),
  ).toEqual([
    [3, 0, 3, false, [0, 1]],
    [3, 3, 1, true, [0, 1]],
    [4, 4, 4, true, [1]],
    [5, 8, 2, true, [1]],
  ]);
  const rows = [...orderedRows(TRAIN, { seed: 7, epoch: 1 }, 0, TRAIN)];
  const samples = batches.flatMap((batch) => batch.samples);
  expect(samples).toEqual(rows.map((row) => row + 2));
  expect(batches.flatMap(({ labels }) => labels)).toEqual(
    samples.map((sample) => (sample % 2 === 0 ? 0 : -1)),
  );
  const values = batches.flatMap(({ tensors }) => [...float32Values(tensors[0] as never)]);
  expect(values).toEqual(Array.from({ length: 2 * TRAIN }, (_, i) => i));
});

it('adds the labels that a view mixes', () => {
  const views = { seed: 3, cycle: 5, mixup: true, shift: 0, flip: false, crop: 0, rotation: 0 };
  const viewOf = (epoch: number) => viewAt({ ...views, cutout: 0 }, epoch);
  const labelled = new Uint8Array(TRAIN + 2).fill(1);
  const [first] = targetBatches(frame(0, 0, 4), { ...settings, labelled, viewOf });
  const mixed = first?.tensors[1];
  expect(mixed).toMatchObject({ name: 'hard-labels', shape: [4, 2] });
  const values = float32Values(mixed as never);
  for (let row = 0; row < 4; row++) {
    const own = first?.labels[row] ?? 0;
    expect((values[2 * row] as number) + (values[2 * row + 1] as number)).toBeCloseTo(1, 6);
    expect(values[2 * row + own]).toBeGreaterThanOrEqual(0.5);
  }
});
