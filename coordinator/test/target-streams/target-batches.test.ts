// A small plan whose frames are cut anywhere; values of a row follow from its position.
import { orderedRows, orderedSamples, stepPlan } from '@lyceum/learning/orders';
import { views } from '@lyceum/learning/specification';
import { viewAt } from '@lyceum/learning/views';
import { float32Tensor, float32Values, type TargetBatch } from '@lyceum/proto';
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
  // Samples 0 and 1 are in the test split, so row r of train is sample r + 2.
  splits: Uint8Array.from({ length: TRAIN + 2 }, (_, i) => (i < 2 ? 3 : 1)),
  sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
};

const settings: BatchSettings = {
  plan: stepPlan({ sampleCount: TRAIN, batchSize: 4, epochs: 2 }),
  dataset,
  split: 'train',
  slice: { rank: 0, worldSize: 1 },
  order: { seed: 7 },
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

it('targetBatches cuts frames at the ends of batches, also of a shorter last batch', () => {
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

it('targetBatches names the samples of chunks order', () => {
  const order = { seed: 7, blockPositions: 4 };
  const sharded = { ...dataset, chunkEnds: Uint32Array.of(2, 5, 9, 12) };
  const own = { ...settings, dataset: sharded, order };
  const samples = [...targetBatches(frame(1, 0, TRAIN), own)].flatMap((batch) => batch.samples);
  const train = Uint32Array.from({ length: TRAIN }, (_, row) => row + 2);
  const inEpoch = { ...order, epoch: 1 };
  expect(samples).toEqual([...orderedSamples(train, sharded.chunkEnds, inEpoch, 0, TRAIN)]);
  expect(samples).not.toEqual(
    [...targetBatches(frame(1, 0, TRAIN), settings)].flatMap((batch) => batch.samples),
  );
});

it.each([2, 3, 4, 5])(
  'targetBatches gives %i ranks slices that together are the whole',
  (worldSize) => {
    // Frames are cut within batches and within slices.
    const frames = [frame(1, 0, 3), frame(1, 3, 2), frame(1, 5, 5)];
    const whole = frames.flatMap((f) => [...targetBatches(f, settings)]);
    const ranks = Array.from({ length: worldSize }, (_, rank) => {
      const own = { ...settings, slice: { rank, worldSize } };
      return frames.flatMap((f) => [...targetBatches(f, own)]);
    });
    for (const parts of ranks) {
      // Every rank gets the end of every step once, even without a row of it.
      expect(parts.filter((part) => part.endsBatch).map(({ step }) => step)).toEqual([3, 4, 5]);
    }
    for (const step of [3, 4, 5]) {
      const parts = (of: readonly TargetBatch[]) => of.filter((part) => part.step === step);
      const rowsOf = (of: readonly TargetBatch[]) =>
        of.flatMap(({ firstPosition, samples, labels, tensors }) => {
          const values = float32Values(tensors[0] as never);
          return samples.map((sample, i) => [
            ...[firstPosition + i, sample, labels[i]],
            ...values.subarray(2 * i, 2 * i + 2),
          ]);
        });
      const rows = rowsOf(parts(whole));
      expect(ranks.flatMap((of) => rowsOf(parts(of)))).toEqual(rows);
      const labelledCount = rows.filter(([, , label]) => label !== -1).length;
      for (const part of [whole, ...ranks].flatMap(parts)) {
        expect(part).toMatchObject({ rowCount: rows.length, labelledCount });
      }
      for (const [rank, of] of ranks.entries()) {
        const [first, end] = [rank, rank + 1].map((r) => Math.floor((r * rows.length) / worldSize));
        expect(rowsOf(parts(of))).toEqual(rows.slice(first, end));
      }
    }
  },
);

it('targetBatches adds the hard labels that mixup mixes', () => {
  const mixup = views.parse({ seed: 3, cycle: 5, mixup: true });
  const viewOf = (epoch: number) => viewAt(mixup, epoch);
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
