/**
 * Answers that turned out not to be a teacher's: they are dropped from the store. A run in progress that used them goes
 * back to its newest checkpoint without them; a run that has ended says so in its report.
 *
 * All of it may be done twice, after a crash in between. Until it is done the suspicion is on disk. Before the first answer
 * is dropped the samples are on disk too, since a dropped record no longer tells its sample.
 */
import { splitSamples } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { Logger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { StorageFullError, toLyceumError, UnreadableSetError } from '@lyceum/proto';
import {
  type AnswerStore,
  type AnswerTableKey,
  type RecordRange,
  tableFileName,
} from '../answers/index.js';
import type { ArtifactCatalog, DatasetOutline } from '../artifacts/index.js';
import type {
  Replica,
  StoredRecords,
  SuspectRecords,
  SuspectSamples,
  Suspicion,
} from '../health/index.js';
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
import { firstAffectedStep, hasEnded, isAssigned, viewKey } from '../schedule/index.js';
import type { TargetStreams } from '../target-streams/index.js';
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
  readonly answers: Pick<AnswerStore, 'samplesIn' | 'recordCount' | 'drop'>;
  readonly active: Pick<ActiveRuns, 'targets' | 'fitting' | 'evaluation'>;
  /** Open streams of targets for students elsewhere. */
  readonly streams: Pick<TargetStreams, 'readers'>;
  /** Resolves once the suspicions are on disk as they are now. */
  readonly noted: () => Promise<void>;
  /** What was noted as unproven or suspect may be forgotten. */
  readonly settled: () => void;
  readonly log: Logger;
}

/** What is suspect and not done with, in the order in which that was found. */
export class Suspicions {
  readonly waiting: Mutable<Suspicion>[] = [];

  /** Whether answers of the teacher are. */
  has(teacher: string): boolean {
    return this.waiting.some((suspicion) => suspicion.teacher === teacher);
  }

  /** Takes over the suspicions that an earlier coordinator was not done with. */
  restore(suspicions: readonly Suspicion[]): void {
    this.waiting.push(...suspicions.map((kept) => ({ ...kept })));
  }

  add({ workerId, teacher }: Replica, reason: string, items: readonly StoredRecords[]): void {
    const records = merged(items);
    const sinceMs = items.reduce(
      (least, { atMs }) => Math.min(least, atMs),
      Number.POSITIVE_INFINITY,
    );
    this.waiting.push({ workerId, teacher, reason, sinceMs, records, samples: undefined });
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class SuspectAnswers {
  readonly #parts: SuspectAnswersParts;

  constructor(parts: SuspectAnswersParts) {
    this.#parts = parts;
  }

  /** Called before anything is given to anybody. @throws {LyceumError} if something is left to do; it is done the next time. */
  async carryOut(): Promise<void> {
    const { suspicions, settled } = this.#parts;
    const { waiting } = suspicions;
    for (const suspicion of [...waiting]) {
      try {
        await this.#carryOut(suspicion);
      } catch (thrown) {
        const err = toLyceumError(thrown);
        if (!(err instanceof StorageFullError)) throw err;
        await this.#holdUp(suspicion, err);
        continue;
      }
      waiting.splice(waiting.indexOf(suspicion), 1);
      settled();
    }
  }

  async #carryOut(suspicion: Mutable<Suspicion>): Promise<void> {
    const { records, samples } = await this.#known(suspicion);
    for (const { key, range } of records) await this.#parts.answers.drop(key, range);
    // What students have got by now may be made of them; what they get from here on is not.
    const reached = new Map<string, number>();
    for (const { runId } of this.#parts.store.list()) {
      const step = this.#parts.active.targets(runId)?.reachedStep;
      if (step !== undefined) reached.set(runId, step);
    }
    const count = countOf(samples);
    if (count === 0) return;
    const { workerId, reason, teacher } = suspicion;
    // A fit under way may have read them before; its result is in no record yet, so it is enough to begin it again.
    for (const { runId, teachers } of this.#parts.store.list()) {
      const isAsked = teachers.some(({ identity }) => identity === teacher);
      if (!isAsked) continue;
      await this.#parts.active.fitting(runId)?.discard();
      this.#parts.active.evaluation(runId)?.discard();
    }
    const facts = { workerId, teacherIdentity: teacher, reason, count };
    this.#parts.log.warn(facts, 'suspect answers dropped');
    await eachRun(this.#parts, async (record) => {
      if (record.teachers.some(({ identity }) => identity === teacher)) {
        await this.#follow(record, suspicion, samples, reached.get(record.runId));
      }
    });
    await this.#tellReaders(teacher, samples);
  }

  /** Students elsewhere go back by themselves. Those that read no more are not known. */
  async #tellReaders(teacher: string, samples: readonly SuspectSamples[]): Promise<void> {
    for (const { record, dropped } of this.#parts.streams.readers()) {
      const index = record.teachers.findIndex(({ identity }) => identity === teacher);
      const own = samples.filter(({ key }) => key.datasetDigest === record.dataset.digest);
      if (index < 0 || own.length === 0) continue;
      const affected = await this.#affected(record, index, own);
      if (affected.count > 0) dropped(record.teachers[index]?.name ?? '', affected);
    }
  }

  /** Finds the samples of the suspect records. They are on disk when it resolves. */
  async #known(
    suspicion: Mutable<Suspicion>,
  ): Promise<{ records: readonly SuspectRecords[]; samples: readonly SuspectSamples[] }> {
    const { answers, noted } = this.#parts;
    if (suspicion.samples === undefined) {
      const records: SuspectRecords[] = [];
      const byTable = new Map<string, { key: AnswerTableKey; samples: Set<number> }>();
      for (const { key, range } of suspicion.records) {
        // Answers that are stored from now on are not suspect.
        const end = Math.min(range.end, await answers.recordCount(key));
        const own = { key, range: { first: range.first, end } };
        const known = byTable.get(tableFileName(key)) ?? { key, samples: new Set<number>() };
        for (const sample of await answers.samplesIn(key, own.range)) known.samples.add(sample);
        byTable.set(tableFileName(key), known);
        records.push(own);
      }
      suspicion.records = records;
      suspicion.samples = [...byTable.values()];
    }
    await noted();
    return { records: suspicion.records, samples: suspicion.samples };
  }

  /** The answers cannot be dropped from the disk: runs that ask the teacher are paused, and all others go on. */
  async #holdUp({ teacher }: Suspicion, err: StorageFullError): Promise<void> {
    const { store, lifecycle, log } = this.#parts;
    log.error({ err, teacherIdentity: teacher }, 'suspect answers not dropped; trying again');
    for (const { runId, teachers, state } of store.list()) {
      const name = teachers.find(({ identity }) => identity === teacher)?.name;
      if (name === undefined || hasEnded(state)) continue;
      const reason = `suspect answers of teacher ${name} cannot be dropped: ${err.message}`;
      await lifecycle.pause(runId, reason);
    }
  }

  /**
   * What it means for one run.
   *
   * @param reachedStep - as `RunTargets` has it; undefined: the run has no targets.
   */
  async #follow(
    record: RunRecord,
    suspicion: Suspicion,
    samples: readonly SuspectSamples[],
    reachedStep: number | undefined,
  ): Promise<void> {
    const { teacher, reason, sinceMs } = suspicion;
    const index = record.teachers.findIndex(({ identity }) => identity === teacher);
    const { lifecycle, events, pointers, active } = this.#parts;
    const { runId, dataset: reference, teachers } = record;
    // What it asks for of them.
    const own = samples.filter(({ key }) => key.datasetDigest === reference.digest);
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
    // A fit counts although no step has been taken with it.
    if (!isFit && first >= (await this.#reachedStep(record, reachedStep))) return;
    const why = `goes back: from step ${first} on it was trained on ${count} answers of teacher ${name} that were dropped`;
    await lifecycle.wentBack(runId, why, isFit);
    active.targets(runId)?.wentBack();
    const to = await rewindPointer(pointers, runId, first);
    events.add(runId, 'went-back', `goes back to step ${to}: ${warning}`, { step: to, first });
  }

  /** The first step that neither a checkpoint of the run nor its student has behind it. @param ofTargets - as `RunTargets` has it. */
  async #reachedStep(
    { runId, state, outcome, plan }: RunRecord,
    ofTargets: number | undefined,
  ): Promise<number> {
    // A student that has not come back since this coordinator began may be at any step.
    const isUnknown = isAssigned(state) && ofTargets === undefined;
    if (outcome !== undefined || isUnknown) return plan.stepCount;
    // A student that was just given the run has got no targets, but its checkpoint is made of some.
    return Math.max(ofTargets ?? 0, await pointerStep(this.#parts.pointers, runId));
  }

  /** The steps that the answers are in. If the set cannot be read, which it takes to find them, all steps count. */
  async #affected(
    record: RunRecord,
    teacher: number,
    own: readonly SuspectSamples[],
  ): Promise<Affected> {
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
  dropped: readonly SuspectSamples[],
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

function countOf(dropped: readonly SuspectSamples[]): number {
  return dropped.reduce((sum, { samples }) => sum + samples.size, 0);
}

/** Neighbours in one: answers come in pieces. */
function merged(items: readonly StoredRecords[]): SuspectRecords[] {
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
