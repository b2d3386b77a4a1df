/**
 * The end of a run: waits for what its report needs (teachers' test answers and measurements, the runs of
 * the table's further rows), composes it, stores it.
 */
import { type AnswerCodec, isOfTopK } from '@lyceum/learning/codecs';
import { SPLIT_NAMES, type SplitName, seenDataset } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { Logger } from '@lyceum/platform';
import type { BlobStore } from '@lyceum/platform/nats';
import {
  type LoadedTeacher,
  LyceumError,
  StorageFullError,
  sha256Hex,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import { type ArtifactCatalog, type DatasetOutline, studentProblems } from '../artifacts/index.js';
import type { TeacherCanaries } from '../health/index.js';
import type { RunLifecycle } from '../lifecycle/index.js';
import type { RunMonitor } from '../monitoring/index.js';
import type { ReportFiles, ReportInput, SplitLogits } from '../report/index.js';
import type { ContributorLedgers, PinnedTeacher, RunRecord, RunStore } from '../runs/index.js';
import { runTask } from '../tasks/index.js';
import { SplitAnswers, type TicketDesk } from '../tickets/index.js';
import { reportInput } from './report-facts.js';

export interface RunEvaluationParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly monitor: RunMonitor;
  readonly answers: AnswerStore;
  readonly ledgers: ContributorLedgers;
  readonly blobs: BlobStore;
  readonly catalog: ArtifactCatalog;
  readonly desk: TicketDesk;
  readonly log: Logger;
  readonly now: () => number;
  readonly coordinatorVersion: string;
  /** What a teacher worker measured; undefined: none has loaded it yet. */
  readonly measurementOf: (teacherIdentity: string) => LoadedTeacher | undefined;
  /** Knows which teachers have answers that no canary has proven, asks for canaries, and counts what they cost. */
  readonly canaries: Pick<TeacherCanaries, 'answerNumber' | 'unprovenOf' | 'prove' | 'paidSamples'>;
  /** Something that others wait for has changed. */
  readonly changed: () => void;
}

export class RunEvaluation {
  readonly runId: string;
  readonly #parts: RunEvaluationParts;
  readonly #record: RunRecord;
  readonly #dataset: DatasetOutline;
  readonly #answers: Readonly<Record<SplitName, SplitAnswers>>;
  /** Measurements by teacher, kept once seen: a teacher that is measured and has answered is unloaded. */
  readonly #measured = new Map<string, LoadedTeacher>();
  /** The number of the last of the answers that the report is made of; undefined: some are lacking. */
  #answerNumber: number | undefined;
  #composing = false;
  #composeFailure: string | undefined;
  /** Why the report could not be stored: a person must make room. */
  #storageFailure: string | undefined;
  #stopped = false;

  constructor(record: RunRecord, dataset: DatasetOutline, parts: RunEvaluationParts) {
    this.runId = record.runId;
    this.#record = record;
    this.#dataset = dataset;
    this.#parts = parts;
    const answersTo = (split: SplitName): SplitAnswers =>
      new SplitAnswers({
        askerId: `${record.runId}/${split}`,
        runId: record.runId,
        teachers: record.teachers,
        dataset,
        split,
        measured: true,
        ...(split === 'train' && { codec: trainCodec(record) }),
        desk: parts.desk,
        store: parts.answers,
        onSettled: parts.changed,
      });
    this.#answers = {
      train: answersTo('train'),
      validation: answersTo('validation'),
      test: answersTo('test'),
    };
    for (const split of SPLIT_NAMES) this.#answers[split].start();
  }

  /** True while teachers must stay loaded for the evaluation. */
  get needsTeachers(): boolean {
    if (this.#unanswered() !== undefined || this.#measurements() === undefined) return true;
    return this.#unproven() !== undefined;
  }

  /** Whether a worker's measurement of the teacher is known. */
  isMeasured(teacherIdentity: string): boolean {
    this.#measurements();
    return this.#measured.has(teacherIdentity);
  }

  /** Why the evaluation waits; undefined: it does not. */
  get reason(): string | undefined {
    const unanswered = this.#unanswered();
    if (unanswered !== undefined)
      return `waiting for the teachers' answers to the ${unanswered} split`;
    if (this.#measurements() === undefined) return 'waiting for the teachers to be measured';
    const unproven = this.#unproven();
    if (unproven !== undefined)
      return `waiting for teacher ${unproven.name} to show that its answers were its own`;
    const awaited = this.#related().find((run) => run !== undefined && run.state !== 'SUCCEEDED');
    return awaited && `waiting for run ${awaited.runId}, which is ${awaited.state}`;
  }

  /** Goes on if all is there, or gives up. Called whenever something may have changed. */
  async advance(): Promise<void> {
    if (this.#composing || this.#stopped) return;
    const { lifecycle } = this.#parts;
    const failures = SPLIT_NAMES.map((split) => this.#answers[split].failure);
    const trouble = failures.find((reason) => reason !== undefined) ?? this.#storageFailure;
    if (trouble !== undefined) return lifecycle.pause(this.runId, trouble);
    const failure = this.#failure();
    if (failure !== undefined) return lifecycle.fail(this.runId, failure);
    if (this.#unanswered() === undefined && this.#unproven() !== undefined) {
      this.#parts.canaries.prove(this.#record.teachers);
    }
    if (this.reason !== undefined) return;
    this.#composing = true;
    void this.#finish();
  }

  /** Answers of the run's teachers have been dropped: asks again for those that are missing. */
  discard(): void {
    for (const split of SPLIT_NAMES) this.#askAgain(split);
  }

  stop(): void {
    this.#stopped = true;
    for (const split of SPLIT_NAMES) this.#answers[split].stop();
  }

  #failure(): string | undefined {
    if (this.#composeFailure !== undefined) return this.#composeFailure;
    const lost = this.#related().find((r) => r?.state === 'FAILED' || r?.state === 'CANCELLED');
    if (lost === undefined) return undefined;
    return `run ${lost.runId}, which its report needs, is ${lost.state}: ${lost.reason}`;
  }

  /** Never rejects: the next {@link advance} deals with what went wrong. */
  async #finish(): Promise<void> {
    const { log, changed } = this.#parts;
    try {
      await this.#compose();
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err instanceof StorageFullError) {
        this.#storageFailure = `the report cannot be stored: ${err.message}`;
        changed();
      } else if (err.retryable)
        log.warn({ err, runId: this.runId }, 'report not stored; trying again');
      else {
        log.error({ err, runId: this.runId }, 'report could not be composed');
        this.#composeFailure = `the report could not be composed: ${err.message}`;
        changed();
      }
    } finally {
      this.#composing = false;
    }
  }

  async #compose(): Promise<void> {
    const { lifecycle, blobs, catalog, canaries, coordinatorVersion, now } = this.#parts;
    const record = this.#parts.store.require(this.runId);
    const teacherLogits: SplitLogits[] = [];
    for (const teacher of record.teachers) {
      const train = await this.#read('train', teacher);
      const validation = await this.#read('validation', teacher);
      const test = await this.#read('test', teacher);
      if (train === undefined || validation === undefined || test === undefined) return;
      teacherLogits.push({ train, validation, test });
    }
    await this.#checkModel(record);
    const [baseline, allLabels] = this.#related();
    const endedAtMs = now();
    const input = await reportInput({
      record,
      dataset: this.#dataset,
      teacherLogits,
      teacherMeasurements: this.#measurements() ?? [],
      canarySamples: record.teachers.map((teacher) => canaries.paidSamples(record, teacher)),
      contributors: (await this.#parts.ledgers.read(record)) ?? new Map(),
      cost: this.#parts.monitor.costs.of(record),
      baseline,
      allLabels,
      blobs,
      coordinatorVersion,
      endedAtMs,
    });
    const { report, predictions } = await runTask<ReportInput, ReportFiles>(
      new URL('../../dist/report/compose-predictions.js', import.meta.url),
      'reportFiles',
      input,
      `report of run ${this.runId}`,
    );
    const digests = [sha256Hex(report), sha256Hex(predictions)];
    await catalog.references.inTurn(digests, async () => {
      const reportDigest = await blobs.put(report);
      const predictionsDigest = await blobs.put(predictions);
      await lifecycle.succeed(this.runId, { reportDigest, predictionsDigest });
    });
  }

  /**
   * Checks the model that the worker says it trained: it must be stored, take the set's samples and tell their
   * classes.
   *
   * @throws {LyceumError} NOT_FOUND, INVALID_ARGUMENT
   */
  async #checkModel({ outcome, studentModality }: RunRecord): Promise<void> {
    const digest = outcome?.modelDigest ?? '';
    const model = await this.#parts.catalog.model(digest);
    const seen = seenDataset(this.#dataset, studentModality);
    const [problem] = studentProblems('', model, { output: 'logits' }, seen);
    if (problem === undefined) return;
    const message = `the student's model ${digest.slice(0, 12)} ${problem.message}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }

  /** Undefined: some answers are not readable any more, and asked for again. */
  async #read(split: SplitName, teacher: PinnedTeacher): Promise<Float32Array | undefined> {
    const logits = await this.#answers[split].read(teacher);
    if (logits === undefined) this.#askAgain(split);
    return logits;
  }

  /** Answers that come from now on have to be proven too. */
  #askAgain(split: SplitName): void {
    this.#answerNumber = undefined;
    this.#answers[split].start();
  }

  /** The first split that lacks answers. */
  #unanswered(): SplitName | undefined {
    return SPLIT_NAMES.find((split) => !this.#answers[split].complete);
  }

  /** A teacher with unproven or suspect answers, asked for once all answers are there; undefined: none. */
  #unproven(): PinnedTeacher | undefined {
    const { canaries } = this.#parts;
    // Answers that other runs ask for from now on do not matter, and may come without end.
    this.#answerNumber ??= canaries.answerNumber;
    return canaries.unprovenOf(this.#record.teachers, this.#answerNumber);
  }

  #measurements(): LoadedTeacher[] | undefined {
    const { teachers } = this.#record;
    const known = teachers.map(({ identity }) => {
      const measured = this.#measured.get(identity) ?? this.#parts.measurementOf(identity);
      if (measured !== undefined) this.#measured.set(identity, measured);
      return measured;
    });
    const measured = known.filter((m) => m !== undefined);
    return measured.length === teachers.length ? measured : undefined;
  }

  /** The runs of the table's further rows, [baseline, all labels]. */
  #related(): [RunRecord | undefined, RunRecord | undefined] {
    const { store } = this.#parts;
    const { baselineRunId, allLabelsRunId } = this.#record;
    const find = (id: string | undefined) => (id === undefined ? undefined : store.get(id));
    return [find(baselineRunId), find(allLabelsRunId)];
  }
}

/**
 * Codec of the answers to the train split. Answers that the student learned from are stored already, and show as well
 * as exact ones what a teacher knows. Answers to other views, and those that leave classes out, do not.
 */
function trainCodec({ specification, answerCodec }: RunRecord): AnswerCodec {
  const asLearned = viewAt(specification.spec.views, 0) === IDENTITY_VIEW;
  if (answerCodec === undefined || !asLearned || isOfTopK(answerCodec)) return 'float32';
  return answerCodec;
}
