// Data sets given by their sizes alone; sums are worked out by hand.
import { stepPlan } from '@lyceum/learning/orders';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { describe, expect, it } from 'vitest';
import { orderProblems, plannedOrder } from '../../src/planning/plan-order.js';
import { replayRun } from '../../src/planning/replay-run.js';
import { runWarnings } from '../../src/planning/run-warnings.js';
import { planBaseline } from '../../src/runs/record/baseline-run.js';
import { parseRunRecord, type RunRecord, runRecordText } from '../../src/runs/record/run-record.js';
import { orderOf, orderText } from '../../src/runs/record/run-settings.js';
import { gridOf } from '../../src/runs/record/run-tensors.js';
import { queued } from '../runs/queued-run.js';

type Order = 'full' | 'chunks' | undefined;

function setOf(sampleShape: readonly number[], isSharded = true) {
  return {
    modalities: new Map([['', { sampleShape, inputs: new Uint8Array(0), inputScale: 1 / 255 }]]),
    ...(isSharded && { chunkEnds: Uint32Array.of(100) }),
  };
}

function specified(order: Order, batchSize = 128): RunRecord['specification'] {
  const { specification } = queued();
  const training = { epochs: 1, batchSize, seed: 3, ...(order !== undefined && { order }) };
  return checkRunSpecification(
    { ...specification, spec: { ...specification.spec, training } },
    'test',
  );
}

function planned(
  sampleCount: number,
  dataset: ReturnType<typeof setOf>,
  order?: Order,
  batchSize = 128,
): RunRecord {
  const specification = specified(order, batchSize);
  const plan = stepPlan({ sampleCount, batchSize, epochs: 1 });
  const facts = { plan, dataset: { digest: 'ab'.repeat(32), classCount: 10 }, features: [] };
  const sampleOrder = plannedOrder(specification, dataset, facts);
  return { ...queued(), specification, plan, ...(sampleOrder !== undefined && { sampleOrder }) };
}

const PICTURES = setOf([224, 224, 3]);
/** 150,528 bytes a picture: 891 in 128 MiB, six batches. */
const BLOCK = 768;

describe('sample order of a set in shards', () => {
  it('is chunks for a large set, in blocks that a worker can hold', () => {
    const run = planned(1_281_167, PICTURES);
    // 10,010 batches in 1,669 spans.
    expect(run.sampleOrder).toMatchObject({ kind: 'chunks', spanPositions: BLOCK });
    expect(gridOf(run)).toMatchObject({ spanPositions: BLOCK, stepsPerSpan: 6 });
    expect(orderOf(run)).toEqual({ seed: 3, blockPositions: BLOCK });
    const text =
      'chunks, in blocks of 768 samples: an epoch has 183,918 MiB of decoded pictures, more than 512';
    expect(orderText(run)).toBe(text);
    expect(runWarnings(run)).toEqual([`spec.training.order is ${text}`]);
  });

  it('is full for a set of at most 512 MiB, with spans of the same length', () => {
    // 536,870,912 ÷ 150,528 = 3,566.6.
    expect(planned(3_566, PICTURES).sampleOrder?.kind).toBe('full');
    expect(planned(3_567, PICTURES).sampleOrder?.kind).toBe('chunks');
    const run = planned(3_566, PICTURES);
    expect(orderOf(run)).toEqual({ seed: 3 });
    expect(gridOf(run).spanPositions).toBe(BLOCK);
    expect(orderText(run)).toBe('full: an epoch has 512 MiB of decoded pictures, no more than 512');
  });

  it('is the one in spec.training.order, without a warning', () => {
    for (const [count, order] of [
      [1_000, 'chunks'],
      [1_281_167, 'chunks'],
      [48_384, 'full'],
    ] as const) {
      const run = planned(count, PICTURES, order);
      expect(run.sampleOrder).toMatchObject({ kind: order, reason: 'spec.training.order' });
      expect(runWarnings(run)).toEqual([]);
    }
  });

  it('has a warning if it is full for a large set', () => {
    // 1,281,167 ÷ 768.
    expect(runWarnings(planned(1_281_167, PICTURES, 'full'))).toEqual([
      'spec.training.order: full reads some of every chunk in each of the 1,669 spans of an epoch; chunks reads each chunk once',
    ]);
    expect(runWarnings(planned(64 * 768, PICTURES, 'full'))).toHaveLength(1);
  });

  it('has spans of at most 4,096 positions for small pictures', () => {
    // 5,000 positions were one span of a set in one file.
    const small = setOf([28, 28, 1]);
    expect(gridOf(planned(5_000, small)).spanPositions).toBe(2_560);
    expect(gridOf(planned(5_000, setOf([28, 28, 1], false))).spanPositions).toBe(5_120);
    expect(gridOf(planned(1_000_000, small, 'chunks')).spanPositions).toBe(4_096);
  });

  it('keeps the span length of its run record', () => {
    const run = planned(1_281_167, PICTURES);
    const stored = parseRunRecord(
      runRecordText({ ...run, sampleOrder: { kind: 'chunks', reason: 'old', spanPositions: 256 } }),
    );
    expect(gridOf(stored)).toMatchObject({ spanPositions: 256, spansPerEpoch: 5_005 });
    expect(orderOf(stored).blockPositions).toBe(256);
  });

  it('is the same in the baseline of the run and in a replay', () => {
    const run = planned(1_281_167, PICTURES);
    const { sampleOrder } = run;
    expect(planBaseline(run, 2, 10).sampleOrder).toEqual(sampleOrder);
    const replay = { runId: 'again', sequence: 2, leaderEpoch: 1, nowMs: 10 };
    expect(replayRun({ ...run, state: 'SUCCEEDED' }, replay).sampleOrder).toEqual(sampleOrder);
  });

  it('is refused with a batch that a worker cannot hold', () => {
    expect(orderProblems(specified(undefined, 891), PICTURES)).toEqual([]);
    expect(orderProblems(specified(undefined, 892), PICTURES)).toEqual([
      {
        path: 'spec.training.batchSize',
        message: `makes batches of ${892 * 150_528} bytes of decoded pictures; workers read a set in shards ${2 ** 27} bytes at a time: want at most 891`,
      },
    ]);
  });
});

describe('sample order of a set in one file', () => {
  const file = setOf([224, 224, 3], false);

  it('is full, without a text or a warning', () => {
    for (const order of [undefined, 'full'] as const) {
      const run = planned(100_000, file, order);
      expect(run.sampleOrder).toBeUndefined();
      expect(orderOf(run)).toEqual({ seed: 3 });
      expect([orderText(run), ...runWarnings(run)]).toEqual([undefined]);
      expect(orderProblems(run.specification, file)).toEqual([]);
    }
  });

  it('cannot be chunks', () => {
    expect(orderProblems(specified('chunks'), file)).toEqual([
      {
        path: 'spec.training.order',
        message: 'chunks is only for sets in shards, and spec.dataset is one file; leave it out',
      },
    ]);
  });
});
