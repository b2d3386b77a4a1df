import { expect, it } from 'vitest';
import { chunkOf } from '../../src/orders/index.js';
import { IDENTITY_VIEW, mixupOf, viewSamples } from '../../src/views/index.js';

const chunkEnds = Uint32Array.from([4, 9, 16, 30]);
const dataset = { sampleCount: 30, splits: new Uint8Array(30).fill(1), chunkEnds };
const view = { text: 'v1,seed=3,mixup=1', epoch: 2 };

it('viewSamples includes the samples of a view and their mixup partners', () => {
  const samples = Uint32Array.of(20, 1, 20, 7);
  expect([...viewSamples(dataset, samples, IDENTITY_VIEW)]).toEqual([1, 7, 20]);
  const partners = [...samples].map((sample) => mixupOf(dataset, view)?.partner(sample));
  expect(new Set(viewSamples(dataset, samples, view))).toEqual(new Set([...samples, ...partners]));
});

it('mixupOf pairs the samples of a set in shards within their chunk', () => {
  const all = Array.from({ length: 30 }, (_, sample) => sample);
  const partners = all.map((sample) => mixupOf(dataset, view)?.partner(sample) ?? -1);
  expect([...partners].sort((a, b) => a - b)).toEqual(all);
  for (const sample of all) {
    expect(chunkOf(chunkEnds, partners[sample] as number)).toBe(chunkOf(chunkEnds, sample));
  }
});
