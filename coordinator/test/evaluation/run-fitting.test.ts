/** Rules fitted to answers in a real store, which are dropped while a rule is being fitted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { createLogger } from '@lyceum/platform';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import type { AnswerTableKey } from '../../src/answers/answer-table-key.js';
import type { DatasetOutline } from '../../src/artifacts/inspect-artifact.js';
import { RunFitting, type RunFittingParts } from '../../src/evaluation/run-fitting.js';
import type { Ask, Asker } from '../../src/tickets/asks/ask.js';
import { recordsOf } from '../answers/records-of.js';
import { aRun, pinned } from '../reconciliation/a-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
const SAMPLES = 40;
const CLASSES = 2;
const dataset = {
  digest: 'd1'.repeat(32),
  sampleCount: SAMPLES,
  classCount: CLASSES,
  classNames: ['a', 'b'],
  labels: Int32Array.from({ length: SAMPLES }, (_, i) => i % 2),
  splits: new Uint8Array(SAMPLES).fill(2),
  modalities: new Map(),
} as unknown as DatasetOutline;

const folder = mkdtempSync(join(tmpdir(), 'lyceum-fitting-'));
let store: AnswerStore;
/** Tables that were asked for. */
let tables: AnswerTableKey[];
/** Fittings of this test, stopped at its end so that they do not report to the next test. */
const fittings: RunFitting[] = [];
const fitted = vi.fn<RunFittingParts['lifecycle']['fitted']>();

beforeEach(async () => {
  tables = [];
  fitted.mockReset();
  store = await AnswerStore.open(mkdtempSync(join(folder, 'answers-')), log);
});
afterEach(() => {
  for (const run of fittings.splice(0)) run.stop();
  return store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const [ANNA, BERT] = ['a1'.repeat(32), 'b2'.repeat(32)];
const TEACHERS = [
  { ...pinned('anna'), identity: ANNA },
  { ...pinned('bert'), identity: BERT },
];

/** The teacher `right` is right about every sample, the other about none. */
async function answer(right: string): Promise<void> {
  const samples = Uint32Array.from({ length: SAMPLES }, (_, i) => i);
  for (const table of tables) {
    await store.drop(table, { first: 0, end: Number.POSITIVE_INFINITY });
    const sign = table.teacherIdentity === right ? 1 : -1;
    const logits = Float32Array.from({ length: SAMPLES * CLASSES }, (_, i) => {
      const isLabel = i % 2 === Math.floor(i / 2) % 2;
      return isLabel ? sign * 5 : 0;
    });
    await store.put(table, samples, recordsOf(table, samples, logits));
  }
}

function fitting(): RunFitting {
  const asked: [Asker, Ask][] = [];
  const desk = {
    ask: (asker: Asker, ask: Ask) => {
      tables.push(...ask.tables);
      asked.push([asker, ask]);
    },
  };
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'set',
        teachers: ['anna', 'bert'].map((name) => ({ name, model: name })),
        ensemble: { combine: 'accuracy' },
        student: { model: { architecture: 'mlp' } },
        training: { batchSize: 32 },
      },
    },
    'test',
  );
  if (specification.kind !== 'Distillation') throw new Error('no distillation');
  const parts = { lifecycle: { fitted }, answers: store, desk, log, changed: () => undefined };
  const made = new RunFitting(
    aRun({ teachers: TEACHERS }),
    specification.spec,
    dataset,
    parts as unknown as RunFittingParts,
  );
  fittings.push(made);
  for (const [asker, ask] of asked) asker.satisfied(ask.id);
  return made;
}

test('RunFitting keeps no fit to answers that were dropped meanwhile, but the fit to the new ones', async () => {
  const run = fitting();
  await answer(ANNA);
  await run.advance();
  // It is reading and computing now.
  await run.discard();
  await answer(BERT);
  await vi.waitFor(
    async () => {
      await run.advance();
      expect(fitted).toHaveBeenCalled();
    },
    { timeout: 60_000 },
  );
  const [, fit] = fitted.mock.calls[0] ?? [];
  expect(fit).toMatchObject({ weights: [expect.closeTo(0), expect.closeTo(1)] });
});

test('RunFitting.discard waits until a finished fit is written to the record', async () => {
  const run = fitting();
  await answer(ANNA);
  let record: () => void = () => undefined;
  fitted.mockReturnValue(
    new Promise((resolve) => {
      record = resolve;
    }),
  );
  await run.advance();
  await vi.waitFor(() => expect(fitted).toHaveBeenCalledOnce(), { timeout: 60_000 });
  const discarded = vi.fn();
  const discarding = run.discard().then(discarded);
  await setImmediate();
  expect(discarded).not.toHaveBeenCalled();
  record();
  await discarding;
});

test('RunFitting.discard resolves when no fit is in progress', async () => {
  await expect(fitting().discard()).resolves.toBeUndefined();
});
