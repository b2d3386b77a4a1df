/** Reads answers from a real store whose files cannot be opened. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { stepPlan } from '@lyceum/learning/orders';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { createLogger } from '@lyceum/platform';
import { layerOutput } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import { tableFileName } from '../../src/answers/answer-table-key.js';
import type { DatasetOutline } from '../../src/artifacts/index.js';
import { DataThreads } from '../../src/data-plane/data-threads.js';
import { gridOf, orderOf } from '../../src/runs/index.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { SpanSamples } from '../../src/targets/span-samples.js';
import { TargetSource } from '../../src/targets/target-source.js';
import { answerTable } from '../../src/tickets/asks/index.js';
import { distillationOf, queued } from '../runs/queued-run.js';

const SAMPLES = 8;
const CLASSES = 3;
const IDENTITY = '11'.repeat(32);

const specification = distillationOf({
  objective: [
    { term: 'kd', weight: 1, temperature: 1 },
    { term: 'hint', weight: 1, hintLayer: 'dense_2', guidedLayer: 'dense_1' },
  ],
  training: { epochs: 1, batchSize: SAMPLES },
});

const dataset: DatasetOutline = {
  digest: 'ab'.repeat(32),
  sampleCount: SAMPLES,
  classCount: CLASSES,
  classNames: [],
  modalities: new Map([
    ['', { sampleShape: [1], inputs: new Float32Array(SAMPLES), inputScale: 1 }],
  ]),
  labels: new Int32Array(SAMPLES),
  splits: new Uint8Array(SAMPLES).fill(1),
  sharedSamples: { validationInTrain: 0, testInTrain: 0, testInValidation: 0 },
};

const record: RunRecord = {
  ...queued(),
  specification,
  dataset: { digest: dataset.digest, classCount: CLASSES },
  teachers: [
    {
      name: 'one',
      identity: IDENTITY,
      modelDigest: IDENTITY,
      settingsJson: '',
      engine: 'tfjs-layers',
      access: 'white',
      weight: 1,
      parameterCount: 1,
      weightBytes: 4,
    },
  ],
  features: [{ teacher: 0, layer: 'dense_2', shape: [4] }],
  plan: stepPlan({ sampleCount: SAMPLES, batchSize: SAMPLES, epochs: 1 }),
  answerCodec: 'float32',
};

it('TargetSource.read rejects once if neither logits nor features can be read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-source-'));
  const store = await AnswerStore.open(folder, createLogger({ name: 'test', level: 'silent' }));
  const data = new DataThreads(1);
  try {
    const outputs = [
      { name: 'logits', rowLength: CLASSES, codec: 'float32' },
      { name: layerOutput('dense_2'), rowLength: 4, codec: 'float32' },
    ] as const;
    for (const output of outputs) {
      const key = answerTable(dataset, { teacherIdentity: IDENTITY, view: IDENTITY_VIEW }, output);
      await writeFile(join(folder, tableFileName(key)), 'these are no answers, whoever reads them');
    }
    const grid = gridOf(record);
    const reads: Promise<unknown>[] = [];
    const kept = <T>(read: Promise<T>): Promise<T> => {
      reads.push(read);
      return read;
    };
    const source = new TargetSource({
      record,
      spec: specification.spec,
      codec: 'float32',
      dataset,
      grid,
      samples: new SpanSamples(dataset, grid, orderOf(record), () => 2),
      store: {
        read: (...of) => kept(store.read(...of)),
        readWords: (...of) => kept(store.readWords(...of)),
      },
      data,
      fit: () => undefined,
    });
    const piece = { firstStep: 0, endStep: 1, contributors: [0] };
    // An error that nobody waits for ends a coordinator.
    const unhandled: unknown[] = [];
    const note = (err: unknown) => unhandled.push(err);
    process.on('unhandledRejection', note);
    await expect(source.read(piece, source.buffers())).rejects.toThrow('answers cannot be read');
    await Promise.allSettled(reads);
    await nextTurn();
    process.off('unhandledRejection', note);
    expect([reads.length, unhandled]).toEqual([2, []]);
  } finally {
    await data.close();
    await store.close();
    await rm(folder, { recursive: true });
  }
});
