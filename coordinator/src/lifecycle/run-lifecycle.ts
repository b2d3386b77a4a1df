/**
 * Moves runs from state to state: each move is one change of the record, and an event that tells of it. The
 * reconciler then derives tickets, assignments and streams from the records.
 */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import type { Logger, SessionHolder } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import {
  baselineRunId,
  InvalidDocumentError,
  LyceumError,
  type StepProgress,
  type TrainingDone,
  type TrainingFailed,
} from '@lyceum/proto';
import type { ArtifactCatalog } from '../artifacts/index.js';
import type { RunEvents, RunMonitor } from '../monitoring/index.js';
import {
  claimPointer,
  dropCheckpoints,
  hasOwnBaseline,
  neededBlobs,
  planBaseline,
  type RunFit,
  type RunRecord,
  type RunStore,
  type WorkerEnvironment,
} from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import * as changes from './changes/index.js';
import { outcomeOf } from './training-outcome.js';

export interface RunLifecycleParts {
  readonly store: RunStore;
  readonly pointers: KeyValue;
  readonly catalog: Pick<ArtifactCatalog, 'references'>;
  readonly monitor: RunMonitor;
  readonly events: RunEvents;
  readonly log: Logger;
  readonly now: () => number;
}

export class RunLifecycle {
  readonly #parts: RunLifecycleParts;

  constructor(parts: RunLifecycleParts) {
    this.#parts = parts;
  }

  /**
   * Stores a planned run.
   *
   * @throws {LyceumError} ALREADY_EXISTS; FAILED_PRECONDITION if a blob that the run needs was deleted while it was
   *   planned, or if the remains of a former run of its id cannot be read.
   */
  async submit(record: RunRecord): Promise<RunRecord> {
    const { store, catalog } = this.#parts;
    const { runId, specification } = record;
    const needed = neededBlobs(record);
    const created = await catalog.references.refer(
      [...needed.keys()],
      () => store.create(record, () => this.#deleteRest(runId)),
      async (digest) => {
        const message = `run ${runId}: ${needed.get(digest)}, ${digest.slice(0, 12)}, is not stored any more; push it again, then submit the run`;
        throw new LyceumError('FAILED_PRECONDITION', message);
      },
    );
    this.#parts.log.info({ runId, kind: specification.kind }, 'run submitted');
    this.#parts.events.add(runId, 'submitted', `submitted as a run of kind ${specification.kind}`);
    return created;
  }

  /**
   * Deletes the remains of a former run of that id whose deletion was cut off: its checkpoints and its events.
   *
   * @throws {LyceumError} FAILED_PRECONDITION if the former run's pointer cannot be read.
   */
  async #deleteRest(runId: string): Promise<void> {
    const { pointers, events, now } = this.#parts;
    try {
      await dropCheckpoints(pointers, runId, now());
    } catch (err) {
      if (!(err instanceof InvalidDocumentError)) throw err;
      const message = `run ${runId}: an earlier run had this id, and its checkpoint pointer cannot be read; submit this run under another id: ${err.message}`;
      throw new LyceumError('FAILED_PRECONDITION', message, { cause: err });
    }
    await events.purge(runId);
  }

  /** Stores the run's own baseline, if it has one that is not stored: a crash may have prevented it. */
  async ensureBaseline(parent: RunRecord): Promise<void> {
    const { store, now } = this.#parts;
    if (!hasOwnBaseline(parent) || store.get(baselineRunId(parent.runId)) !== undefined) return;
    try {
      await this.submit(planBaseline(parent, store.nextSequence(), now()));
    } catch (err) {
      // Another call has submitted it meanwhile.
      if (!(err instanceof LyceumError && err.code === 'ALREADY_EXISTS')) throw err;
    }
  }

  /** Gives a queued run to a student worker. The pointer moves first, which makes a former owner's writes void. */
  async assign(
    runId: string,
    { workerId, sessionKeyDigest }: SessionHolder,
    worker: WorkerEnvironment,
  ): Promise<void> {
    const { store, pointers, events } = this.#parts;
    const pointer = await claimPointer(pointers, runId, store.require(runId).attempt);
    const { assignmentEpoch, step } = pointer;
    const record = await this.#change(runId, (r, nowMs) =>
      changes.assigned(r, { workerId, assignmentEpoch, sessionKeyDigest }, worker, nowMs),
    );
    if (record.assignment?.assignmentEpoch !== assignmentEpoch) return;
    const message = `assigned to ${workerId}${step > 0 ? `, from step ${step}` : ''}`;
    events.add(runId, 'assigned', message, { workerId, assignmentEpoch, step });
  }

  /** The assigned worker waits until the rule has been fitted. */
  async fitting(runId: string, assignmentEpoch: number): Promise<void> {
    if (this.#parts.store.get(runId)?.state !== 'PREPARING') return;
    await this.#change(runId, (r, nowMs) => changes.fitting(r, assignmentEpoch, nowMs));
  }

  async fitted(runId: string, fit: RunFit): Promise<void> {
    await this.#change(runId, (r) => changes.fitted(r, fit));
    this.#parts.events.add(runId, 'fitted', 'rule of the ensemble fitted on the validation split');
  }

  /** Keeps a note about the run's teachers. */
  async noted(runId: string, note: changes.TeacherNote): Promise<void> {
    await this.#change(runId, (r) => changes.noted(r, note));
  }

  /** A teacher worker is about to answer for the run: its environment decides the bits. */
  async answeredBy(runId: string, worker: WorkerEnvironment): Promise<void> {
    await this.#change(runId, (r) => changes.answeredBy(r, worker));
  }

  /** The run has paid for canaries of one of its teachers. @param samples - all that were asked about so far. */
  async canariesPaid(runId: string, name: string, samples: number): Promise<void> {
    await this.#change(runId, (r) => changes.canariesPaid(r, name, samples));
  }

  /** One of the run's teachers has been judged: `knowledge` says what it knows. */
  async teacherJudged(
    runId: string,
    name: string,
    knowledge: TeacherKnowledge,
    classNames: readonly string[],
  ): Promise<void> {
    const { store, events } = this.#parts;
    await this.#change(runId, (r, nowMs) =>
      changes.teacherJudged(r, name, knowledge, classNames, nowMs),
    );
    const { labelledCount, correctCount, meanEntropy } = knowledge;
    const right = labelledCount === 0 ? [] : [`right on ${correctCount} of ${labelledCount}`];
    const unsure = meanEntropy === undefined ? [] : [`mean entropy ${meanEntropy.toFixed(3)} nats`];
    const text = `teacher ${name} on its probe: ${[...right, ...unsure].join(', ')}`;
    events.add(runId, 'teacher-judged', text, { teacher: name, ...knowledge });
    const record = store.get(runId);
    const warnings = record && changes.knowledgeWarnings(record, name, knowledge, classNames);
    for (const warning of warnings ?? []) {
      events.add(runId, 'teacher-warning', warning, { teacher: name });
    }
  }

  /** The first answers of the run's teachers to probes are known. @param digests - by probe. */
  async probed(runId: string, digests: Readonly<Record<string, string>>): Promise<void> {
    await this.#change(runId, (r) => changes.probed(r, digests));
  }

  /** The assigned worker has begun training. */
  async began(runId: string, assignmentEpoch: number): Promise<void> {
    if (!['PREPARING', 'FITTING'].includes(this.#parts.store.get(runId)?.state ?? '')) return;
    await this.#change(runId, (r, nowMs) => changes.trainingBegan(r, assignmentEpoch, nowMs));
  }

  /** The assigned worker says that it works on the run. A run that asks for no targets begins training with that. */
  async stateReported(runId: string, assignmentEpoch: number): Promise<void> {
    if (this.#parts.store.get(runId)?.specification.kind !== 'Training') return;
    await this.began(runId, assignmentEpoch);
  }

  /** A report of progress; a report of a former owner is ignored. */
  async progressed(report: StepProgress): Promise<void> {
    const { store, monitor, events } = this.#parts;
    const { runId, assignmentEpoch } = report;
    const current = store.get(runId);
    if (current?.assignment?.assignmentEpoch !== assignmentEpoch) return;
    monitor.costs.trained(current, assignmentEpoch, report.trainingSeconds);
    const { now, before } = monitor.report(runId, report);
    if (report.validation !== undefined) {
      const { step, accuracy, nll } = report.validation;
      const message = `step ${step}: validation accuracy ${accuracy.toFixed(4)}, NLL ${nll.toFixed(4)}`;
      events.add(runId, 'validation', message, { step, accuracy, nll });
    }
    await this.began(runId, assignmentEpoch);
    if (now.checkpointStep > (before?.checkpointStep ?? 0)) {
      const step = now.checkpointStep;
      events.add(runId, 'checkpoint', `checkpoint at step ${step}`, { step });
      await this.#change(runId, (r) => changes.checkpointed(r, assignmentEpoch, now));
    }
  }

  async done(done: TrainingDone): Promise<void> {
    const { store, catalog, monitor } = this.#parts;
    const { runId, assignmentEpoch } = done;
    if (store.get(runId)?.assignment?.assignmentEpoch !== assignmentEpoch) return;
    const outcome = outcomeOf(done);
    const { stepCount } = store.require(runId).plan;
    const last = monitor.progress(runId);
    const progress = last && { ...last, step: stepCount };
    await catalog.references.refer(
      [outcome.modelDigest, outcome.logitsDigest],
      () =>
        this.#change(runId, (r, nowMs) =>
          changes.trained(r, assignmentEpoch, outcome, progress, nowMs),
        ),
      // Another run's deletion may have deleted the same blob. The worker makes the end of the training again.
      (digest) => {
        const reason = `blob ${digest}, which the training left, is not stored any more`;
        const failure = { reason, retryable: true, storageFull: false };
        return this.#change(runId, (r, nowMs) =>
          changes.workerFailed(r, assignmentEpoch, failure, nowMs),
        );
      },
    );
  }

  async workerFailed(report: TrainingFailed): Promise<void> {
    const { runId, assignmentEpoch, ...failure } = report;
    if (this.#parts.store.get(runId)?.assignment?.assignmentEpoch !== assignmentEpoch) return;
    await this.#change(runId, (r, nowMs) =>
      changes.workerFailed(r, assignmentEpoch, failure, nowMs),
    );
  }

  async release(runId: string, assignmentEpoch: number, reason: string): Promise<void> {
    await this.#change(runId, (r, nowMs) => changes.workerLost(r, assignmentEpoch, reason, nowMs));
  }

  /** Answers that the run was trained on were dropped. @param isFitDropped - also answers of its fit. */
  async wentBack(runId: string, reason: string, isFitDropped: boolean): Promise<void> {
    this.#parts.monitor.forget(runId);
    await this.#change(runId, (r, nowMs) => changes.wentBack(r, reason, isFitDropped, nowMs));
  }

  /** The run's report has got a warning after the run's end. */
  async marked(
    runId: string,
    report: NonNullable<RunRecord['report']>,
    warning: string,
  ): Promise<void> {
    await this.#change(runId, (r) => changes.marked(r, report, warning));
    this.#parts.events.add(runId, 'report-marked', warning);
  }

  async fail(runId: string, reason: string): Promise<void> {
    await this.#change(runId, (r, nowMs) => changes.failed(r, reason, nowMs));
  }

  /** Releases workers and teachers until a person has repaired the cause. @param data - for the event. */
  async pause(
    runId: string,
    reason: string,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.#change(runId, (r, nowMs) => changes.paused(r, reason, nowMs), data);
  }

  /**
   * @param acceptNumerics - go on even if the worker computes otherwise than the checkpoint was computed.
   * @throws {LyceumError} NOT_FOUND, FAILED_PRECONDITION
   */
  async resume(runId: string, acceptNumerics: boolean): Promise<RunRecord> {
    const { state, numericsChange } = this.#parts.store.require(runId);
    if (state !== 'PAUSED') {
      const message = `run ${runId} is ${state}; only a run that is PAUSED is resumed`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    if (acceptNumerics && numericsChange === undefined) {
      const message = `run ${runId} is not paused for its numerics; resume it without --accept-numerics`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    return this.#change(runId, (r, nowMs) => changes.resumed(r, acceptNumerics, nowMs));
  }

  /** The run's report is stored: the run ends now, not when the report was begun. */
  async succeed(
    runId: string,
    report: { readonly reportDigest: string; readonly predictionsDigest: string },
  ): Promise<void> {
    await this.#change(runId, (r, nowMs) => changes.succeeded(r, report, nowMs));
  }

  /** @throws {LyceumError} NOT_FOUND, FAILED_PRECONDITION */
  cancel(runId: string, reason: string): Promise<RunRecord> {
    return this.#change(runId, (r, nowMs) => changes.cancelling(r, reason, nowMs));
  }

  async cancelled(runId: string): Promise<void> {
    await this.#change(runId, (r, nowMs) => changes.cancelled(r, nowMs));
  }

  /** @throws {LyceumError} NOT_FOUND, FAILED_PRECONDITION */
  async retry(runId: string): Promise<RunRecord> {
    const { store, monitor } = this.#parts;
    const { attempt } = store.require(runId);
    // A repeated write after a lost reply must not count as another attempt.
    const record = await this.#change(runId, (r, nowMs) =>
      r.attempt > attempt ? undefined : changes.retried(r, nowMs),
    );
    monitor.forget(runId);
    return record;
  }

  /** Changes a record; adds an event if that changes the run's state. */
  async #change(
    runId: string,
    change: (record: RunRecord, nowMs: number) => RunRecord | undefined,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<RunRecord> {
    const { store, monitor, events, log, now } = this.#parts;
    let from = store.require(runId).state;
    const record = await store.update(runId, (r) => {
      from = r.state;
      const next = change(r, now());
      const cost = monitor.costs.of(r);
      return next && cost !== undefined ? { ...next, cost } : next;
    });
    const { state, reason, attempt } = record;
    if (state === from) return record;
    log.info({ runId, from, state, reason, attempt }, 'run changed state');
    const why = reason === '' ? '' : `: ${reason}`;
    events.add(runId, 'state-changed', `${from} → ${state}${why}`, {
      ...data,
      from,
      state,
      reason,
      attempt,
    });
    if (hasEnded(state)) {
      monitor.forget(runId);
      monitor.costs.forget(runId);
    }
    return record;
  }
}
