/**
 * Answers that turned out not to be a teacher's: they are dropped from the store. A run in progress that used them goes
 * back to its newest checkpoint without them; a run that has ended says so in its report.
 *
 * All of it may be done twice, after a crash in between: until it is done the answers are noted as unproven on disk.
 */
import { splitSamples } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { Logger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { UnreadableSetError } from '@lyceum/proto';
import {
  type AnswerStore,
  type AnswerTableKey,
  type RecordRange,
  tableFileName,
} from '../answers/index.js';
import type { ArtifactCatalog, DatasetOutline } from '../artifacts/index.js';
import type { Replica, StoredRecords } from '../health/index.js';
import { type RunLifecycle, readSet } from '../lifecycle/index.js';
import type { RunEvents } from '../monitoring/index.js';
import { markSuspect, type SuspectUse, suspectText } from '../report/index.js';
import {
  orderOf,
  ownAnswer,
  pointerStep,
  type RunRecord,
  type RunStore,
  rewindPointer,
  teacherOutputs,
} from '../runs/index.js';
import { firstAffectedStep, hasEnded, viewKey } from '../schedule/index.js';
import type { ActiveRuns } from './active-runs.js';
import { eachRun } from './each-run.js';

export interface SuspectAnswersParts {
  readonly suspicions: Suspicions;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly events: RunEvents;
  readonly catalog: Pick<ArtifactCatalog, 'dataset'>;
  readonly pointers: KeyValue;
  readonly blobs: Pick<BlobStore, 'get' | 'put'>;
  readonly answers: Pick<AnswerStore, 'drop'>;
  readonly active: Pick<ActiveRuns, 'targets' | 'fitting'>;
  /** What was noted as unproven may be forgotten. */
  readonly settled: () => void;
  readonly log: Logger;
}

interface Suspicion extends Replica {
  readonly reason: string;
  /** When the first of them was stored. */
  readonly sinceMs: number;
  /** Still to be dropped. */
  readonly records: Omit<StoredRecords, 'atMs'>[];
  /** Samples that have been, by table. */
  readonly dropped: Map<string, Dropped>;
  /** By run that is being trained, the step up to which its student may have got targets of them. */
  readonly reached: Map<string, number>;
}

interface Dropped {
  readonly key: AnswerTableKey;
  readonly samples: Set<number>;
}

/** What is suspect and has not been dropped yet, in the order in which that was found. */
export class Suspicions {
  readonly waiting: Suspicion[] = [];

  /** Whether answers of the teacher are. */
  has(teacher: string): boolean {
    return this.waiting.some((suspicion) => suspicion.teacher === teacher);
  }

  /** Tables that they are in. */
  tables(): AnswerTableKey[] {
    return this.waiting.flatMap(({ records }) => records.map(({ key }) => key));
  }

  add({ workerId, teacher }: Replica, reason: string, items: readonly StoredRecords[]): void {
    const records = merged(items);
    const sinceMs = items.reduce(
      (least, { atMs }) => Math.min(least, atMs),
      Number.POSITIVE_INFINITY,
    );
    this.waiting.push({
      workerId,
      teacher,
      reason,
      sinceMs,
      records,
      dropped: new Map(),
      reached: new Map(),
    });
  }
}

export class SuspectAnswers {
  readonly #parts: SuspectAnswersParts;

  constructor(parts: SuspectAnswersParts) {
    this.#parts = parts;
  }

  /** Called before anything is given to anybody. @throws {LyceumError} if something is left to do; it is done the next time. */
  async carryOut(): Promise<void> {
    const { suspicions, settled } = this.#parts;
    const { waiting } = suspicions;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      await this.#carryOut(next);
      waiting.shift();
      settled();
    }
  }

  async #carryOut(suspicion: Suspicion): Promise<void> {
    const { records, dropped, teacher } = suspicion;
    for (let next = records[0]; next !== undefined; next = records[0]) {
      const { key, range } = next;
      const samples = await this.#parts.answers.drop(key, range);
      const name = tableFileName(key);
      const known = dropped.get(name) ?? { key, samples: new Set<number>() };
      for (const sample of samples) known.samples.add(sample);
      dropped.set(name, known);
      records.shift();
    }
    // What students have got by now may be made of them; what they get from here on is not.
    for (const { runId } of this.#parts.store.list()) {
      const reached = this.#parts.active.targets(runId)?.reachedStep;
      if (reached !== undefined) suspicion.reached.set(runId, reached);
    }
    const count = countOf([...dropped.values()]);
    if (count === 0) return;
    // A fit under way may have read them before; its result is in no record yet, so it is enough to begin it again.
    for (const { runId, teachers } of this.#parts.store.list()) {
      const isAsked = teachers.some(({ identity }) => identity === teacher);
      if (isAsked) await this.#parts.active.fitting(runId)?.discard();
    }
    const { workerId, reason } = suspicion;
    const facts = { workerId, teacherIdentity: teacher, reason, count };
    this.#parts.log.warn(facts, 'suspect answers dropped');
    await eachRun(this.#parts, async (record) => {
      if (record.teachers.some(({ identity }) => identity === teacher)) {
        await this.#follow(record, suspicion);
      }
    });
  }

  /** What it means for one run. */
  async #follow(record: RunRecord, suspicion: Suspicion): Promise<void> {
    const { teacher, reason, dropped, sinceMs } = suspicion;
    const index = record.teachers.findIndex(({ identity }) => identity === teacher);
    const { lifecycle, events, pointers } = this.#parts;
    const { runId, dataset: reference, teachers, outcome } = record;
    // What it asks for of them.
    const own = [...dropped.values()].filter(({ key }) => key.datasetDigest === reference.digest);
    if (own.length === 0) return;
    const { step, isFit, count } = await this.#affected(record, index, own);
    if (count === 0) return;
    const name = teachers[index]?.name ?? '';
    const warning = `${count} answers of teacher ${name} were dropped: ${reason}`;
    if (record.state === 'SUCCEEDED') {
      // One that ended before had others, which have been evicted since.
      if (record.endedAtMs >= sinceMs) await this.#mark(record, { teacher: name, count, reason });
      return;
    }
    if (!hasEnded(record.state)) {
      events.add(runId, 'answers-dropped', warning, { teacher: name, count, reason });
      await lifecycle.noted(runId, { warning });
    }
    const first = isFit ? 0 : step;
    if (first === undefined) return;
    const { stepCount } = record.plan;
    const known = outcome === undefined ? suspicion.reached.get(runId) : stepCount;
    if (first >= (known ?? (await pointerStep(pointers, runId)))) return;
    const why = `goes back: from step ${first} on it was trained on ${count} answers of teacher ${name} that were dropped`;
    await lifecycle.wentBack(runId, why, isFit);
    const to = await rewindPointer(pointers, runId, first);
    events.add(runId, 'went-back', `goes back to step ${to}: ${warning}`, { step: to, first });
  }

  /** The steps that the answers are in. If the set cannot be read, which it takes to find them, all steps count. */
  async #affected(record: RunRecord, teacher: number, own: readonly Dropped[]): Promise<Affected> {
    const { catalog, log } = this.#parts;
    let dataset: DatasetOutline;
    try {
      dataset = await readSet(catalog, record.dataset);
    } catch (err) {
      if (!(err instanceof UnreadableSetError)) throw err;
      log.warn({ err, runId: record.runId }, 'all of its steps count as made of suspect answers');
      return { step: 0, isFit: true, count: countOf(own) };
    }
    return affectedBy(record, teacher, dataset, own);
  }

  async #mark(record: RunRecord, use: SuspectUse): Promise<void> {
    const { blobs, lifecycle, log } = this.#parts;
    const { runId, report } = record;
    if (report === undefined) return;
    const marked = markSuspect(await blobs.get(report.reportDigest), use);
    const reportDigest = await blobs.put(marked);
    await lifecycle.marked(runId, { ...report, reportDigest }, suspectText(use));
    log.warn({ runId, ...use }, 'report of an ended run marked');
  }
}

/**
 * What of the dropped answers a run asks for: the first of its steps that one is in, whether its fitted rule is made of
 * them, and how many there are.
 */
interface Affected {
  readonly step: number | undefined;
  readonly isFit: boolean;
  readonly count: number;
}

function affectedBy(
  record: RunRecord,
  teacher: number,
  dataset: DatasetOutline,
  dropped: readonly Dropped[],
): Affected {
  const { specification, plan, teachers, fit } = record;
  if (specification.kind !== 'Distillation') return { step: undefined, isFit: false, count: 0 };
  const { views } = specification.spec;
  const outputs = teacherOutputs(record, teacher);
  const ofTraining = dropped.filter(({ key }) =>
    outputs.some(({ name, codec }) => key.outputs.join() === name && key.codec === codec),
  );
  const samples = new Map<string, Set<number>>();
  for (const { key, samples: some } of ofTraining) {
    const view = viewKey({ text: key.view, epoch: key.viewEpoch });
    const ofView = samples.get(view) ?? new Set();
    for (const sample of some) ofView.add(sample);
    samples.set(view, ofView);
  }
  const step = firstAffectedStep(
    {
      plan,
      order: orderOf(record),
      samples: splitSamples(dataset, 'train'),
      chunkEnds: dataset.chunkEnds,
      viewOf: (epoch) => viewAt(views, epoch),
    },
    samples,
  );
  const exact = ownAnswer(teachers[teacher]?.access, dataset.classCount, 'float32');
  const ofSplits = dropped.filter(
    ({ key }) =>
      key.view === IDENTITY_VIEW.text &&
      key.outputs.join() === exact.name &&
      key.codec === exact.codec,
  );
  const validation = new Set(splitSamples(dataset, 'validation'));
  const isFit =
    fit !== undefined &&
    ofSplits.some(({ samples: some }) => [...some].some((sample) => validation.has(sample)));
  const all = new Set([...(step === undefined ? [] : ofTraining), ...ofSplits]);
  return { step, isFit, count: countOf([...all]) };
}

function countOf(dropped: readonly Dropped[]): number {
  return dropped.reduce((sum, { samples }) => sum + samples.size, 0);
}

/** Neighbours in one: answers come in pieces. */
function merged(items: readonly StoredRecords[]): Omit<StoredRecords, 'atMs'>[] {
  const byTable = new Map<string, { key: AnswerTableKey; ranges: RecordRange[] }>();
  for (const { key, range } of items) {
    const name = tableFileName(key);
    const known = byTable.get(name) ?? { key, ranges: [] };
    known.ranges.push(range);
    byTable.set(name, known);
  }
  return [...byTable.values()].flatMap(({ key, ranges }) => {
    const joined: RecordRange[] = [];
    for (const range of ranges.sort((a, b) => a.first - b.first)) {
      const last = joined.at(-1);
      if (last === undefined || range.first > last.end) joined.push(range);
      else joined[joined.length - 1] = { first: last.first, end: Math.max(last.end, range.end) };
    }
    return joined.map((range) => ({ key, range }));
  });
}
