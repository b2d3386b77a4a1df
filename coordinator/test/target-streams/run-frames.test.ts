// Frames of a run whose asks are satisfied at once, taken one by one.
import { stepPlan } from '@lyceum/learning/orders';
import { expect, it } from 'vitest';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { gridOf } from '../../src/runs/record/run-tensors.js';
import { RunFrames, type RunFramesParts } from '../../src/target-streams/run-frames.js';
import type { Ask, Asker } from '../../src/tickets/asks/index.js';
import { distillationOf, queued } from '../runs/queued-run.js';

const BATCH_SIZE = 100;
const SAMPLES = 3_000;
const CLASSES = 3;
const EPOCHS = 50;
/** Spans that are asked for ahead of the taken frames. */
const WINDOW_SPANS = 4;

const identity = '11'.repeat(32);
const teacher = {
  name: 'one',
  identity,
  modelDigest: identity,
  settingsJson: '',
  engine: 'tfjs-layers',
  access: 'white' as const,
  weight: 1,
  parameterCount: 1,
  weightBytes: 4,
};

function record(): RunRecord {
  return {
    ...queued(),
    specification: distillationOf({
      views: { seed: 1, cycle: 1_000, mixup: true },
      training: { epochs: EPOCHS, batchSize: BATCH_SIZE },
    }),
    dataset: { digest: 'ab'.repeat(32), classCount: CLASSES },
    teachers: [teacher],
    plan: stepPlan({ sampleCount: SAMPLES, batchSize: BATCH_SIZE, epochs: EPOCHS }),
    answerCodec: 'float32',
  };
}

function outline(): DatasetOutline {
  return {
    digest: 'ab'.repeat(32),
    sampleCount: SAMPLES,
    classCount: CLASSES,
    classNames: [],
    modalities: new Map([['', { sampleShape: [1], inputs: new Float32Array(0), inputScale: 1 }]]),
    labels: new Int32Array(SAMPLES),
    splits: new Uint8Array(SAMPLES).fill(1),
    sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
  };
}

interface Desk {
  readonly frames: RunFrames;
  readonly asked: { readonly asker: Asker; readonly ask: Ask }[];
}

function frames(changes: Partial<RunFramesParts> = {}, answers = true): Desk {
  const asked: Desk['asked'][number][] = [];
  const parts: RunFramesParts = {
    askerId: 'elsewhere',
    record: record(),
    dataset: outline(),
    desk: {
      ask: (asker, ask) => {
        asked.push({ asker, ask });
        if (answers) queueMicrotask(() => asker.satisfied(ask.id));
      },
      withdraw: () => {},
    },
    store: {
      read: async () => [],
      // In float32, the run's codec.
      readWords: async (_, samples, out) => {
        new Float32Array(out.buffer, out.byteOffset, out.length).fill(samples[0] as number);
        return [];
      },
    },
    data: new DataThreads(1),
    firstStep: 0,
    contributors: undefined,
    workerCount: () => 1,
    ...changes,
  };
  return { frames: new RunFrames(parts), asked };
}

it('RunFrames asks for at most a window of spans ahead of the taken frames', async () => {
  const { frames: source, asked } = frames();
  const { spansPerEpoch, spanPositions } = gridOf(record());
  let position = 0;
  for (let epoch = 0; epoch < EPOCHS; ) {
    const frame = await source.next(60_000);
    expect(frame).toMatchObject({ epoch, firstPosition: position });
    position += frame?.tensors[0]?.shape[0] ?? 0;
    const taken = epoch * SAMPLES + position;
    const askedFor = asked.reduce((sum, { ask }) => sum + ask.samples.length, 0);
    expect(askedFor).toBeLessThanOrEqual(taken + (WINDOW_SPANS + 1) * spanPositions);
    if (position === SAMPLES) [epoch, position] = [epoch + 1, 0];
  }
  expect(asked).toHaveLength(EPOCHS * spansPerEpoch);
  expect(asked[0]?.asker.askerId).toBe('elsewhere');
  source.close();
});

it('RunFrames.next gives nothing while answers are missing, and rejects once an ask fails', async () => {
  const { frames: source, asked } = frames({}, false);
  expect(await source.next(10)).toBeUndefined();
  expect(source.isWaiting()).toBe(true);
  const [first] = asked;
  first?.asker.failed(first.ask.id, 'it has no such layer');
  await expect(source.next(60_000)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/teacher one cannot answer .*: it has no such layer/),
  });
  source.close();
});

it("RunFrames asks only the contributors of each span's targets", async () => {
  const two = { ...teacher, name: 'two', identity: '22'.repeat(32) };
  const { specification, ...rest } = record();
  if (specification.kind !== 'Distillation') throw new Error('no distillation');
  const spec = {
    ...specification.spec,
    teachers: [specification.spec.teachers[0], { ...specification.spec.teachers[0], name: 'two' }],
    ensemble: { ...specification.spec.ensemble, quorum: 1, deadlineMs: 10 },
  } as typeof specification.spec;
  const run = { ...rest, specification: { ...specification, spec }, teachers: [teacher, two] };
  const { spanCount } = gridOf(run);
  const contributors = new Map(
    Array.from({ length: spanCount }, (_, span) => [span, [span % 2]] as const),
  );
  const { frames: source, asked } = frames({ record: run, contributors });
  for (let i = 0; i < 6; i++) await source.next(60_000);
  source.close();
  const identities = asked.map(({ ask }) => ask.teacherIdentity);
  expect(identities.slice(0, 4)).toEqual([identity, two.identity, identity, two.identity]);
});
