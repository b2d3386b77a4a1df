/** The contents of batches are compared with the data set itself, sample by sample. */
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { mixupOf, readInputs, viewAt } from '@lyceum/learning/views';
import { describe, expect, it } from 'vitest';
import { BatchSource } from '../../../src/compute/student/batch-source.js';
import { syntheticSet } from '../synthetic-set.js';

const dataset = parseDataset(encodeDataset(syntheticSet(50, 5)));
const FEATURES = 36;

function specificationOf(
  kind: 'Distillation' | 'Training',
  training: object,
  views?: object,
): RunSpecification {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind,
    metadata: { name: 'test' },
    spec: {
      dataset: 'set',
      ...(kind === 'Distillation' && { teachers: [{ name: 'a', model: 'a' }] }),
      student: { model: { architecture: 'mlp' } },
      training,
      ...(views && { views }),
    },
  };
  return checkRunSpecification(document, 'test');
}

function source(...settings: Parameters<typeof specificationOf>): BatchSource {
  return new BatchSource(dataset, specificationOf(...settings));
}

/** The sample that is in a batch's row, found by its values. */
function sampleOf(inputs: Float32Array | Uint8Array, row: number): number {
  const values = inputs.subarray(row * FEATURES, (row + 1) * FEATURES);
  return [...Array(dataset.sampleCount).keys()].findIndex((sample) =>
    values.every((value, i) => value === dataset.inputs[sample * FEATURES + i]),
  );
}

/** Samples of one epoch in order, with each one's class by its one-hot row; −1: none. */
function visited(batches: BatchSource, epoch: number): [sample: number, label: number][] {
  const { stepsPerEpoch } = batches.plan;
  return Array.from({ length: stepsPerEpoch }, (_, i) => epoch * stepsPerEpoch + i).flatMap(
    (step) => {
      const { rows, inputs, hardLabels } = batches.batch(step);
      return Array.from({ length: rows }, (_, row): [number, number] => [
        sampleOf(inputs, row),
        hardLabels.subarray(row * 3, row * 3 + 3).indexOf(1),
      ]);
    },
  );
}

const train = [...dataset.splits.keys()].filter((sample) => dataset.splits[sample] === 1);

describe('BatchSource', () => {
  it('visits every training sample once an epoch, with its label, in another order each time', () => {
    const batches = source('Distillation', { batchSize: 8, epochs: 2 });
    expect(batches.plan).toMatchObject({ stepsPerEpoch: 5, stepCount: 10 });
    const [first, second] = [visited(batches, 0), visited(batches, 1)];
    for (const epoch of [first, second]) {
      expect(epoch.map(([sample]) => sample).sort((a, b) => a - b)).toEqual(train);
      for (const [sample, label] of epoch) expect(label).toBe(dataset.labels[sample]);
    }
    expect(first).not.toEqual(second);
    expect(visited(source('Distillation', { batchSize: 8, epochs: 2 }), 1)).toEqual(second);
  });

  it('visits only labelled samples in a run without teachers', () => {
    const batches = source('Training', { batchSize: 8, epochs: 1 });
    const labelled = train.filter((sample) => (dataset.labels[sample] as number) >= 0);
    expect(labelled.length).toBeLessThan(train.length);
    const samples = visited(batches, 0).map(([sample]) => sample);
    expect(samples.sort((a, b) => a - b)).toEqual(labelled);
  });

  it('mixes labels by the shares of the inputs; a sample without a label adds nothing', () => {
    const batches = source('Distillation', { batchSize: 8, epochs: 2 }, { mixup: true, cycle: 2 });
    const plain = visited(source('Distillation', { batchSize: 8, epochs: 2 }), 1);
    const { spec } = specificationOf('Distillation', {}, { mixup: true, cycle: 2 });
    const view = viewAt(spec.views, 1);
    const mixup = mixupOf(dataset, view);
    const label = (sample: number, c: number) => (dataset.labels[sample] === c ? 1 : 0);
    let partly = 0;
    for (const [position, [sample]] of plain.entries()) {
      const { inputs, hardLabels } = batches.batch(5 + Math.floor(position / 8));
      const row = position % 8;
      const seen = new Float32Array(FEATURES);
      readInputs(dataset, Uint32Array.of(sample), view, seen);
      expect(inputs.subarray(row * FEATURES, (row + 1) * FEATURES)).toEqual(seen);
      const partner = mixup?.partner(sample) as number;
      const share = mixup?.share(sample, partner) as number;
      const got = [...hardLabels.subarray(row * 3, row * 3 + 3)];
      const want = [0, 1, 2].map((c) => share * label(sample, c) + (1 - share) * label(partner, c));
      expect(got).toEqual(want.map((value) => expect.closeTo(value, 6)));
      const sum = want.reduce((total, value) => total + value, 0);
      if (sum > 0 && sum < 0.999) partly++;
    }
    expect(partly).toBeGreaterThan(0);
  });

  it('keeps a batch unchanged when the next one is prepared', () => {
    const batches = source('Distillation', { batchSize: 8, epochs: 1 });
    const first = batches.batch(0);
    const values = first.inputs.slice();
    const second = batches.batch(1);
    expect(first.inputs).toEqual(values);
    expect(batches.batch(1)).toBe(second);
    expect(batches.batch(4).rows).toBe(train.length - 4 * 8);
  });
});
