/** Which rows a teacher's probe has, of a set whose validation split is sorted by class: classes are counted by hand. */
import { expect, it } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { probeOf } from '../../src/health/probe-tickets.js';

const PER_CLASS = 100;

function sortedByClass(classCount: number): DatasetOutline {
  const sampleCount = classCount * PER_CLASS;
  const labels = Int32Array.from({ length: sampleCount }, (_, i) => Math.floor(i / PER_CLASS));
  return {
    digest: 'd'.repeat(64),
    sampleCount,
    classCount,
    classNames: Array.from({ length: classCount }, (_, c) => `class ${c}`),
    labels,
    splits: new Uint8Array(sampleCount).fill(2),
    modalities: new Map(),
    sharedSamples: {} as DatasetOutline['sharedSamples'],
  };
}

function probedLabels(access: 'white' | 'black', classCount: number): number[] {
  const question = probeOf('a'.repeat(64), { access }, sortedByClass(classCount));
  if (question === undefined) throw new Error('there is no probe');
  expect(question.ticket.order).toEqual({ seed: 0, epoch: 0, byClass: true });
  expect(question.shape[0]).toBe(question.labels.length);
  return [...question.labels];
}

it('has 256 rows of all classes, and of those whose answers may cost money 128', () => {
  for (const [access, rows] of [['white', 256] as const, ['black', 128] as const]) {
    const labels = probedLabels(access, 10);
    expect(labels).toHaveLength(rows);
    for (let c = 0; c < 10; c++) {
      const count = labels.filter((label) => label === c).length;
      expect([Math.floor(rows / 10), Math.ceil(rows / 10)]).toContain(count);
    }
  }
});

it('has fewer where rows are long, each of another class, and all of a small split', () => {
  const labels = probedLabels('white', 1000);
  expect([labels.length, new Set(labels).size]).toEqual([16, 16]);
  expect(probedLabels('white', 2)).toHaveLength(200);
});
