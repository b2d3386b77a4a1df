/**
 * Drops answers from the store that turned out to be wrong. A run in progress that used them goes back to its newest
 * checkpoint without them; the report of a run that has ended gets a warning.
 *
 * Every step may be done twice, after a crash in between. A suspicion stays on disk until all is done. The samples
 * are on disk before the first answer is dropped, since a dropped record no longer tells its sample.
 */
import type { Logger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { StorageFullError, sha256Hex, toLyceumError, UnreadableSetError } from '@lyceum/proto';
import { type AnswerStore, type AnswerTableKey, tableFileName } from '../answers/index.js';
import type { ArtifactCatalog, DatasetOutline } from '../artifacts/index.js';
import type { SuspectRecords, SuspectSamples, Suspicion } from '../health/index.js';
import { type RunLifecycle, readSet } from '../lifecycle/index.js';
import type { RunEvents } from '../monitoring/index.js';
import { markSuspect, type SuspectUse, suspectText } from '../report/index.js';
import { pointerStep, type RunRecord, type RunStore, rewindPointer } from '../runs/index.js';
import { hasEnded, isAssigned } from '../schedule/index.js';
import type { TargetStreams } from '../target-streams/index.js';
import type { ActiveRuns } from './active-runs.js';
import { type Affected, affectedBy, countOf } from './affected-run.js';
import { eachRun } from './each-run.js';
import type { OpenSuspicion, Suspicions } from './suspicions.js';

export interface SuspectAnswersParts {
  readonly suspicions: Suspicions;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly events: RunEvents;
  readonly catalog: Pick<ArtifactCatalog, 'dataset' | 'references'>;
  readonly pointers: KeyValue;
  readonly blobs: Pick<BlobStore, 'get' | 'put'>;
  readonly answers: Pick<AnswerStore, 'samplesIn' | 'recordCount' | 'drop'>;
  readonly active: Pick<ActiveRuns, 'targets' | 'fitting' | 'evaluation'>;
  /** Open streams of targets for students elsewhere. */
  readonly streams: Pick<TargetStreams, 'readers'>;
  /** Resolves once the present suspicions are on disk. */
  readonly noted: () => Promise<void>;
  /** Unproven or suspect answers that were noted may be forgotten. */
  readonly settled: () => void;
  readonly log: Logger;
}

export class SuspectAnswers {
  readonly #parts: SuspectAnswersParts;

  constructor(parts: SuspectAnswersParts) {
    this.#parts = parts;
  }

  /** Called before workers are given anything. @throws {LyceumError} if work is left, which the next call does. */
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

  async #carryOut(suspicion: OpenSuspicion): Promise<void> {
    const { records, samples } = await this.#known(suspicion);
    for (const { key, range } of records) await this.#parts.answers.drop(key, range);
    // Targets that students have got by now may be made of dropped answers; later targets are not.
    const reached = new Map<string, number>();
    for (const { runId } of this.#parts.store.list()) {
      const step = this.#parts.active.targets(runId)?.reachedStep;
      if (step !== undefined) reached.set(runId, step);
    }
    const count = countOf(samples);
    if (count === 0) return;
    const { workerId, reason, teacher } = suspicion;
    // A fit or evaluation under way may have read the answers. No record has its result yet: it begins again.
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

  /**
   * Ends the streams that used the answers: their students go back by themselves. Streams that have ended are
   * not known.
   */
  async #tellReaders(teacher: string, samples: readonly SuspectSamples[]): Promise<void> {
    for (const { record, dropped } of this.#parts.streams.readers()) {
      const index = record.teachers.findIndex(({ identity }) => identity === teacher);
      const own = samples.filter(({ key }) => key.datasetDigest === record.dataset.digest);
      if (index < 0 || own.length === 0) continue;
      const affected = await this.#affected(record, index, own);
      if (affected.count > 0) dropped(record.teachers[index]?.name ?? '', affected);
    }
  }

  /** Finds the samples of the suspect records. The samples are on disk when it resolves. */
  async #known(
    suspicion: OpenSuspicion,
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

  /** The answers cannot be dropped from the disk: pauses the runs that ask the teacher; all other runs go on. */
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
   * Does what a suspicion requires of one run.
   *
   * @param targetsStep - `reachedStep` of the run's `RunTargets`; undefined: the run has none.
   */
  async #follow(
    record: RunRecord,
    suspicion: Suspicion,
    samples: readonly SuspectSamples[],
    targetsStep: number | undefined,
  ): Promise<void> {
    const { teacher, reason, sinceMs } = suspicion;
    const index = record.teachers.findIndex(({ identity }) => identity === teacher);
    const { lifecycle, events, pointers, active } = this.#parts;
    const { runId, dataset: reference, teachers } = record;
    // Samples of the run's own data set.
    const own = samples.filter(({ key }) => key.datasetDigest === reference.digest);
    if (own.length === 0) return;
    const { step, isFit, count } = await this.#affected(record, index, own);
    if (count === 0) return;
    const name = teachers[index]?.name ?? '';
    const [answers, were] = count === 1 ? ['1 answer', 'was'] : [`${count} answers`, 'were'];
    const warning = `${answers} of teacher ${name} ${were} dropped: ${reason}`;
    if (record.state === 'SUCCEEDED') {
      // A run that ended before used other answers, which have been evicted since.
      if (record.endedAtMs >= sinceMs) await this.#mark(record, { teacher: name, count, reason });
      return;
    }
    if (!hasEnded(record.state)) {
      events.add(runId, 'answers-dropped', warning, { teacher: name, count, reason });
      await lifecycle.noted(runId, { warning });
    }
    const first = isFit ? 0 : step;
    if (first === undefined) return;
    // A fit counts even if no step has been taken with it.
    if (!isFit && first >= (await this.#reachedStep(record, targetsStep))) {
      // The run's last worker may be committing a later checkpoint, which is refused from now on.
      if (targetsStep === undefined) await rewindPointer(pointers, runId, first);
      return;
    }
    const why = `goes back: from step ${first} on it was trained on ${answers} of teacher ${name} that ${were} dropped`;
    await lifecycle.wentBack(runId, why, isFit);
    active.targets(runId)?.wentBack();
    const to = await rewindPointer(pointers, runId, first);
    events.add(runId, 'went-back', `goes back to step ${to}: ${warning}`, { step: to, first });
  }

  /** The first step that neither a checkpoint of the run nor its student has reached. */
  async #reachedStep(
    { runId, state, outcome, plan }: RunRecord,
    targetsStep: number | undefined,
  ): Promise<number> {
    // A student that has not come back since this coordinator began may be at any step.
    const isUnknown = isAssigned(state) && targetsStep === undefined;
    if (outcome !== undefined || isUnknown) return plan.stepCount;
    // A student that was just given the run has got no targets, but its checkpoint was trained on some.
    return Math.max(targetsStep ?? 0, await pointerStep(this.#parts.pointers, runId));
  }

  /** What of the run uses the answers. If its data set cannot be read, all of the run's steps and its fit count. */
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
    const { blobs, catalog, lifecycle, log } = this.#parts;
    const { runId, report } = record;
    if (report === undefined) return;
    const marked = markSuspect(await blobs.get(report.reportDigest), use);
    await catalog.references.inTurn([sha256Hex(marked)], async () => {
      const reportDigest = await blobs.put(marked);
      await lifecycle.marked(runId, { ...report, reportDigest }, suspectText(use));
    });
    log.warn({ runId, ...use }, 'report of an ended run marked');
  }
}
