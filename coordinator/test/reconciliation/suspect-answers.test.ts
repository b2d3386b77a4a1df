/**
 * Suspect answers are dropped from a real store in a temporary folder; records, pointers and students are values.
 * After a crash only the folder is left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import { BlobReferences } from '../../src/artifacts/blob-references.js';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import { AnswerProofs, type StoredRecords } from '../../src/health/answer-proofs.js';
import { UnprovenAnswers } from '../../src/health/replicas/unproven-answers.js';
import { UnprovenFile } from '../../src/health/unproven-file.js';
import * as changes from '../../src/lifecycle/changes/index.js';
import {
  SuspectAnswers,
  type SuspectAnswersParts,
} from '../../src/reconciliation/suspect-answers.js';
import { Suspicions } from '../../src/reconciliation/suspicions.js';
import { composeReport } from '../../src/report/compose-report.js';
import { movePointer } from '../../src/runs/checkpoint-pointers.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { recordsOf } from '../answers/records-of.js';
import { exampleInput } from '../report/report-input-example.js';
import { ANNA, aRun, dataset, fit, key, plan, stepOf, TRAIN } from './a-suspect-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'lyceum-suspect-'));
let answersFolder: string;
let answers: AnswerStore;
let record: RunRecord;
let pointer: CheckpointPointer;
/** The step that the run's targets have reached; undefined: no student has taken the run up yet. */
let reachedStep: number | undefined;
const wentBack = vi.fn();

beforeEach(async () => {
  answersFolder = mkdtempSync(join(folder, 'answers-'));
  answers = await AnswerStore.open(answersFolder, log);
  record = aRun();
  pointer = { runId: record.runId, attempt: 1, assignmentEpoch: 7, step: 0 };
  reachedStep = 0;
  wentBack.mockReset();
});
afterEach(() => answers.close());
afterAll(() => rmSync(folder, { recursive: true }));

async function put(...samples: number[]) {
  const own = Uint32Array.from(samples);
  const rows = new Float32Array(2 * samples.length).fill(1);
  return answers.put(key, own, recordsOf(key, own, rows));
}

function suspectAnswers(
  suspicions: Suspicions,
  changed: Partial<SuspectAnswersParts> = {},
): SuspectAnswers {
  let revision = 1;
  const pointers = {
    get: async () => ({ value: JSON.stringify(pointer), revision }),
    update: async (_: string, text: string) => {
      pointer = JSON.parse(text);
      return ++revision;
    },
  };
  const change = (next: RunRecord | undefined) => {
    record = next ?? record;
  };
  const lifecycle = {
    noted: async (_: string, note: changes.TeacherNote) => change(changes.noted(record, note)),
    wentBack: async (_: string, why: string, isFit: boolean) =>
      change(changes.wentBack(record, why, isFit, 1)),
    pause: async (_: string, why: string) => change(changes.paused(record, why, 1)),
  };
  return new SuspectAnswers({
    suspicions,
    store: { list: () => [record] } as unknown as SuspectAnswersParts['store'],
    lifecycle: lifecycle as unknown as SuspectAnswersParts['lifecycle'],
    events: { add: vi.fn() } as unknown as SuspectAnswersParts['events'],
    catalog: { dataset: async () => dataset } as unknown as SuspectAnswersParts['catalog'],
    pointers: pointers as unknown as KeyValue,
    blobs: {} as SuspectAnswersParts['blobs'],
    answers,
    active: {
      targets: () => (reachedStep === undefined ? undefined : { reachedStep, wentBack }),
      fitting: () => undefined,
      evaluation: () => undefined,
    } as unknown as SuspectAnswersParts['active'],
    streams: { readers: () => [] },
    noted: async () => undefined,
    settled: () => undefined,
    log,
    ...changed,
  });
}

async function suspectPut(...samples: number[]): Promise<Suspicions> {
  const suspicions = new Suspicions();
  const range = await put(...samples);
  const worker = { workerId: 'worker', teacher: ANNA };
  suspicions.add(worker, 'it says otherwise', [{ key, range, atMs: 1 }]);
  return suspicions;
}

test('a run in FITTING loses a fit that was made of suspect answers', async () => {
  record = aRun({ state: 'FITTING', fit });
  await suspectAnswers(await suspectPut(TRAIN + 1)).carryOut();
  expect(record.state).toBe('QUEUED');
  expect(record.fit).toBeUndefined();
});

test('a paused run loses a fit that was made of suspect answers', async () => {
  record = changes.paused(aRun({ fit }), 'a disk is full', 1) as RunRecord;
  reachedStep = undefined;
  await suspectAnswers(await suspectPut(TRAIN + 1)).carryOut();
  expect(record).toMatchObject({ state: 'PAUSED', reason: 'a disk is full' });
  expect(record.fit).toBeUndefined();
});

test('a paused run takes no late checkpoint of a step with suspect answers', async () => {
  record = changes.paused(aRun(), 'a disk is full', 1) as RunRecord;
  reachedStep = undefined;
  const owner = { runId: record.runId, assignmentEpoch: pointer.assignmentEpoch };
  await suspectAnswers(await suspectPut(3)).carryOut();
  const to = { step: stepOf(3) + 1, digest: 'c'.repeat(64) };
  const pointers = {
    get: async () => ({ value: JSON.stringify(pointer), revision: 1 }),
    update: vi.fn(),
  };
  const move = { to, named: undefined, previous: undefined };
  await expect(movePointer(pointers, owner, move)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(record.state).toBe('PAUSED');
});

test('a trained run with suspect answers that is being cancelled trains again in its next attempt', async () => {
  const outcome = {} as RunRecord['outcome'];
  record = changes.cancelling(
    { ...aRun({ state: 'EVALUATING' }), outcome },
    'by its user',
    1,
  ) as RunRecord;
  pointer = { ...pointer, step: plan.stepCount, digest: 'c'.repeat(64) };
  await suspectAnswers(await suspectPut(3)).carryOut();
  expect(record).toMatchObject({ state: 'CANCELLING', reason: 'by its user' });
  expect(pointer.step).toBe(0);
  const again = changes.retried(changes.cancelled(record, 1) as RunRecord, 1);
  expect(again).toMatchObject({ state: 'QUEUED', attempt: 2 });
});

test('a run in PREPARING goes back to a step before its checkpoint was made of suspect answers', async () => {
  record = aRun({ state: 'PREPARING' });
  const step = stepOf(3) + 1;
  pointer = { ...pointer, step, digest: 'c'.repeat(64) };
  await suspectAnswers(await suspectPut(3)).carryOut();
  expect(pointer).toMatchObject({ step: 0, assignmentEpoch: 8 });
  expect(record.state).toBe('QUEUED');
});

test('a run with suspect answers goes back if its reached step is not known', async () => {
  reachedStep = undefined;
  await suspectAnswers(await suspectPut(3)).carryOut();
  expect(record.state).toBe('QUEUED');
  expect(pointer.assignmentEpoch).toBe(8);
});

test('a run goes back only if its student has reached a step with suspect answers', async () => {
  reachedStep = stepOf(3);
  await suspectAnswers(await suspectPut(3)).carryOut();
  expect(record.state).toBe('TRAINING');
  expect(wentBack).not.toHaveBeenCalled();
  reachedStep++;
  await suspectAnswers(await suspectPut(3)).carryOut();
  expect(record.state).toBe('QUEUED');
  expect(wentBack).toHaveBeenCalledOnce();
});

test.each([
  ['before it was suspected', 0, 0],
  ['since', 1, 1],
])('the report of a run that ended %s is marked %# times', async (_, endedAtMs, count) => {
  const report = { reportDigest: 'a'.repeat(64), predictionsDigest: 'b'.repeat(64) };
  record = aRun({ state: 'SUCCEEDED', endedAtMs, report } as Partial<RunRecord>);
  const marked = vi.fn();
  const blobs = {
    get: async () => Buffer.from(JSON.stringify(composeReport(exampleInput()))),
    put: async () => 'c'.repeat(64),
  };
  const lifecycle = { marked } as unknown as SuspectAnswersParts['lifecycle'];
  const references = new BlobReferences({} as BlobStore);
  const catalog = { references } as unknown as SuspectAnswersParts['catalog'];
  await suspectAnswers(await suspectPut(3), { blobs, lifecycle, catalog }).carryOut();
  expect(marked).toHaveBeenCalledTimes(count);
});

test('an answer that is stored after the suspicion is not dropped', async () => {
  const suspicions = new Suspicions();
  const { first, end } = await put(3);
  const range = { first, end: end + 1 };
  suspicions.add({ workerId: 'worker', teacher: ANNA }, 'why', [{ key, range, atMs: 1 }]);
  const away = () => Promise.reject(new LyceumError('UNAVAILABLE', 'NATS is away'));
  const lifecycle = { noted: away } as unknown as SuspectAnswersParts['lifecycle'];
  await expect(suspectAnswers(suspicions, { lifecycle }).carryOut()).rejects.toThrow('away');
  await put(4);
  await suspectAnswers(suspicions).carryOut();
  expect(await missing(3)).toBe(1);
  expect(await missing(4)).toBe(0);
});

/** Suspicions and proofs of a coordinator that starts with the folder. */
async function opened(): Promise<{ suspicions: Suspicions; proofs: AnswerProofs }> {
  const suspicions = new Suspicions();
  const unproven = new UnprovenAnswers<StoredRecords>();
  const proofs = await AnswerProofs.open({
    store: answers,
    file: new UnprovenFile(join(answersFolder, 'unproven-answers.json')),
    unproven,
    stored: (replica, records, sampleCount) => unproven.add(replica, records, sampleCount),
    suspicions: () => suspicions.waiting,
    restore: (kept) => suspicions.restore(kept),
    log,
    now: () => 1,
  });
  return { suspicions, proofs };
}

function partsOf({ proofs }: { proofs: AnswerProofs }): Partial<SuspectAnswersParts> {
  return { answers, noted: () => proofs.noted(), settled: () => proofs.settled() };
}

/** The coordinator ends without a word, and another starts. */
async function restarted(): Promise<{ suspicions: Suspicions; proofs: AnswerProofs }> {
  await answers.close();
  answers = await AnswerStore.open(answersFolder, log);
  reachedStep = undefined;
  return opened();
}

async function suspected(
  ...samples: number[]
): Promise<{ suspicions: Suspicions; proofs: AnswerProofs }> {
  const first = await opened();
  const range = await put(...samples);
  first.suspicions.add({ workerId: 'worker', teacher: ANNA }, 'it says otherwise', [
    { key, range, atMs: 1 },
  ]);
  await first.proofs.noted();
  return first;
}

async function missing(...samples: number[]): Promise<number> {
  return answers.missingCount(key, Uint32Array.from(samples));
}

test('a restarted coordinator drops suspect answers that the former had noted', async () => {
  await put(7);
  await suspected(3, 4);
  await put(8);
  const heir = await restarted();
  await suspectAnswers(heir.suspicions, partsOf(heir)).carryOut();
  expect(await missing(3, 4)).toBe(2);
  expect(await missing(7, 8)).toBe(0);
  expect(record.state).toBe('QUEUED');
  // A third coordinator would have nothing left to do.
  const left = async () => (await opened()).suspicions.waiting;
  await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 60_000 });
});

test('a restarted coordinator puts a run back whose suspect answers the former had dropped', async () => {
  pointer = { ...pointer, step: plan.stepCount, digest: 'c'.repeat(64) };
  const first = await suspected(3);
  const away = () => Promise.reject(new LyceumError('UNAVAILABLE', 'NATS is away'));
  const lifecycle = { noted: away, wentBack: away } as unknown as SuspectAnswersParts['lifecycle'];
  const ended = suspectAnswers(first.suspicions, { ...partsOf(first), lifecycle }).carryOut();
  await expect(ended).rejects.toThrow('NATS is away');
  expect(await missing(3)).toBe(1);

  const heir = await restarted();
  await suspectAnswers(heir.suspicions, partsOf(heir)).carryOut();
  expect(record.state).toBe('QUEUED');
  expect(pointer.step).toBe(0);
});

test('a run is paused while a failing disk keeps suspect answers, and goes back afterwards', async () => {
  pointer = { ...pointer, step: plan.stepCount, digest: 'c'.repeat(64) };
  const first = await suspected(3);
  let isFailing = true;
  const failing = {
    samplesIn: answers.samplesIn.bind(answers),
    recordCount: answers.recordCount.bind(answers),
    drop: async (...which: Parameters<AnswerStore['drop']>) => {
      const samples = await answers.drop(...which);
      if (isFailing) throw new StorageFullError('the disk fails');
      return samples;
    },
  };
  const suspects = suspectAnswers(first.suspicions, { ...partsOf(first), answers: failing });
  await suspects.carryOut();
  expect(record).toMatchObject({
    state: 'PAUSED',
    reason: 'suspect answers of teacher anna cannot be dropped: the disk fails',
  });
  expect(pointer.step).toBe(plan.stepCount);
  isFailing = false;
  await suspects.carryOut();
  expect(pointer.step).toBe(0);
  expect(first.suspicions.waiting).toEqual([]);
});
