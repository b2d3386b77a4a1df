// The real targets of a run, combined in a real thread, from a store whose reads can be held or be unreadable.
// Asks are satisfied at once. Each position must be sent once, in order.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { stepPlan } from '@lyceum/learning/orders';
import { LyceumError, type StepFigures, type TargetFrame, TargetRequest } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { RunTargets, type RunTargetsParts } from '../../src/targets/run-targets.js';
import { distillationOf, queued } from '../runs/queued-run.js';

const WAIT = { timeout: 120_000 };
const BATCH_SIZE = 16;
const STEPS = 8;
const SAMPLES = STEPS * BATCH_SIZE;
/** The store's answer if all records are readable. */
const ALL: readonly number[] = [];

/** The unreadable samples of the n-th read, from 0. */
type Read = (n: number) => readonly number[] | Promise<readonly number[]>;

let data: DataThreads;
beforeEach(() => {
  data = new DataThreads(1);
});
afterEach(() => data.close());

function record(classCount: number): RunRecord {
  const identity = '11'.repeat(32);
  const teacher = {
    name: 'one',
    identity,
    modelDigest: identity,
    settingsJson: '',
    engine: 'tfjs-layers',
  };
  const specification = distillationOf({
    objective: [{ term: 'kd', weight: 1, temperature: 1 }],
    training: { epochs: 1, batchSize: BATCH_SIZE },
  });
  return {
    ...queued(),
    specification,
    dataset: { digest: 'ab'.repeat(32), classCount },
    teachers: [{ ...teacher, access: 'white', weight: 1, parameterCount: 1, weightBytes: 4 }],
    plan: stepPlan({ sampleCount: SAMPLES, batchSize: BATCH_SIZE, epochs: 1 }),
    answerCodec: 'float32',
  };
}

function outline(classCount: number): DatasetOutline {
  return {
    digest: 'ab'.repeat(32),
    sampleCount: SAMPLES,
    classCount,
    classNames: [],
    modalities: new Map([
      ['', { sampleShape: [1], inputs: new Float32Array(SAMPLES), inputScale: 1 }],
    ]),
    labels: new Int32Array(SAMPLES),
    splits: new Uint8Array(SAMPLES).fill(1),
    sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
  };
}

/** A run's targets, and the count of asks. */
function targetsOf(classCount: number, read: Read) {
  let readCount = 0;
  const seen = { askCount: 0 };
  const parts: RunTargetsParts = {
    record: record(classCount),
    dataset: outline(classCount),
    store: { read: async () => ALL, readWords: async () => read(readCount++) },
    desk: {
      ask: (asker, { id }) => {
        seen.askCount++;
        queueMicrotask(() => asker.satisfied(id, 40));
      },
      withdraw: () => {},
    },
    data,
    fit: () => undefined,
    ledger: undefined,
    onFailed: () => {},
    onSent: () => {},
    onDegraded: () => {},
    onDrift: () => {},
  };
  return { targets: new RunTargets(parts), seen };
}

/** One call of a student; `sent` has the first position and the position after the last of each frame. */
class Call {
  readonly sent: [first: number, end: number][] = [];
  readonly figures: StepFigures[] = [];
  readonly ended: Promise<void>;
  #next: (request: TargetRequest) => void = () => {};

  constructor(targets: RunTargets, creditStep: number) {
    const requests = this.#requests();
    const first = TargetRequest.fromPartial({ firstStep: 0, creditStep });
    this.ended = targets.serve(first, requests, async (frame) => {
      this.sent.push(span(frame));
      this.figures.push(...frame.figures);
    });
  }

  credit(creditStep: number): void {
    this.#next(TargetRequest.fromPartial({ creditStep }));
  }

  /** Waits until the targets before `position` are sent. */
  async until(position: number): Promise<void> {
    await vi.waitFor(() => expect(this.sent.at(-1)?.[1]).toBe(position), WAIT);
  }

  async *#requests(): AsyncGenerator<TargetRequest, void, undefined> {
    for (;;) {
      yield await new Promise<TargetRequest>((resolve) => {
        this.#next = resolve;
      });
    }
  }
}

function span({ firstPosition, tensors }: TargetFrame): [number, number] {
  return [firstPosition, firstPosition + (tensors[0]?.shape[0] ?? 0)];
}

/** All sent positions, in order. */
function positions(sent: readonly (readonly [number, number])[]): number[] {
  return sent.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i));
}

const EACH_ONCE = Array.from({ length: SAMPLES }, (_, position) => position);

it('RunTargets ignores an unreadable answer that a replaced call finds', async () => {
  let release: (unreadable: readonly number[]) => void = () => {};
  const held = new Promise<readonly number[]>((resolve) => {
    release = resolve;
  });
  const { targets, seen } = targetsOf(10, (n) => (n === 0 ? held : ALL));
  const old = new Call(targets, STEPS);
  const oldEnded = expect(old.ended).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await vi.waitFor(() => expect(seen.askCount).toBe(1), WAIT);
  await nextTurn();

  const next = new Call(targets, 4);
  const nextEnded = expect(next.ended).rejects.toMatchObject({ code: 'CANCELLED' });
  await oldEnded;
  await next.until(4 * BATCH_SIZE);
  release([0]);
  await nextTurn();
  next.credit(STEPS);
  await next.until(SAMPLES);
  expect(positions(next.sent)).toEqual(EACH_ONCE);
  expect(old.sent).toEqual([]);
  expect(seen.askCount).toBe(1);
  targets.close(new LyceumError('CANCELLED', 'the test is over'));
  await nextEnded;
});

it('RunTargets asks again for an unreadable piece, and sends each position once', async () => {
  // A step's answers are 1 MiB, so two steps are read at a time: 8 steps are 4 reads.
  const reads: number[] = [];
  const { targets, seen } = targetsOf(16_384, (n) => {
    reads.push(n);
    return n === 1 ? [5] : ALL;
  });
  const call = new Call(targets, STEPS);
  const ended = expect(call.ended).rejects.toMatchObject({ code: 'CANCELLED' });
  await call.until(SAMPLES);
  expect(positions(call.sent)).toEqual(EACH_ONCE);
  expect(reads).toEqual([0, 1, 2, 3, 4]);
  expect(seen.askCount).toBe(2);
  targets.close(new LyceumError('CANCELLED', 'the test is over'));
  await ended;
});

it('RunTargets sends the figures of each step once, with small and with large batches', async () => {
  // The first is combined on the event loop, the second in the thread. Stored logits are zeros.
  for (const classCount of [10, 16_384]) {
    const { targets } = targetsOf(classCount, () => ALL);
    const call = new Call(targets, STEPS);
    const ended = expect(call.ended).rejects.toMatchObject({ code: 'CANCELLED' });
    await call.until(SAMPLES);
    const steps = Array.from({ length: STEPS }, (_, step) => step);
    // One open span; share, compared rows, disagreeing rows, tickets, milliseconds.
    const values = [1, 1, BATCH_SIZE, 0, 1, 40];
    expect(call.figures).toEqual(steps.map((step) => ({ step, values })));
    targets.close(new LyceumError('CANCELLED', 'the test is over'));
    await ended;
  }
});
