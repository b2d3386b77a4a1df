/**
 * The rows of a teacher's probe, from a set whose validation split is sorted by class; and what a worker's answer to
 * the probe counts as.
 */
import { float32Tensor, type ProbeAnswered, sha256Hex } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { probeOf, probeOutcome } from '../../src/health/probe-tickets.js';

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

it('a probe has 256 rows of all classes, and 128 rows if the answers may cost money', () => {
  for (const [access, rows] of [['white', 256] as const, ['black', 128] as const]) {
    const labels = probedLabels(access, 10);
    expect(labels).toHaveLength(rows);
    for (let c = 0; c < 10; c++) {
      const count = labels.filter((label) => label === c).length;
      expect([Math.floor(rows / 10), Math.ceil(rows / 10)]).toContain(count);
    }
  }
});

it('a probe has 16 rows of different classes for 1,000 classes, and all rows of a small split', () => {
  const labels = probedLabels('white', 1000);
  expect([labels.length, new Set(labels).size]).toEqual([16, 16]);
  expect(probedLabels('white', 2)).toHaveLength(200);
});

describe('probeOutcome', () => {
  const question = probeOf('a'.repeat(64), { access: 'white' }, sortedByClass(2));
  if (question === undefined) throw new Error('there is no probe');
  const logits = float32Tensor('logits', question.shape, new Float32Array(400).fill(0.5));
  const outcome = (said: Partial<ProbeAnswered>) =>
    probeOutcome(question, { ticket: undefined, tensors: [logits], failure: '', ...said });

  it('is an answer with the digest of its values if there are tensors and no failure', () => {
    const bytes = Buffer.from(new Float32Array(400).fill(0.5).buffer);
    expect(outcome({})).toMatchObject({
      kind: 'answered',
      answer: { isClass: false, digest: sha256Hex(bytes) },
    });
    // The flags count only beside a failure.
    expect(outcome({ outside: true, unreadable: true }).kind).toBe('answered');
  });

  it('is a failure of the worker, of the server behind it (refused), or of its data set (unreadable)', () => {
    const failure = 'x';
    expect(outcome({ failure })).toEqual({ kind: 'failed', reason: failure });
    expect(outcome({ failure, outside: true })).toEqual({ kind: 'refused', reason: failure });
    expect(outcome({ failure, unreadable: true })).toEqual({ kind: 'unreadable', reason: failure });
  });

  it('is a failure if the answer has no logits or holds NaN', () => {
    expect(outcome({ tensors: [] })).toEqual({
      kind: 'failed',
      reason: 'want logits [200,2], got nothing',
    });
    const nan = float32Tensor('logits', question.shape, new Float32Array(400).fill(Number.NaN));
    expect(outcome({ tensors: [nan] }).kind).toBe('failed');
  });
});
