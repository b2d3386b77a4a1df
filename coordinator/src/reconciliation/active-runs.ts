/**
 * The runs that ask teachers now: one {@link RunTargets} for each run that trains, beside it one {@link RunFitting}
 * until its rule is fitted, and one {@link RunEvaluation} for each run that is being evaluated. The records alone
 * decide which there are.
 */
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError, StorageFullError, toLyceumError, UnreadableSetError } from '@lyceum/proto';
import type { DataThreads } from '../data-plane/index.js';
import { RunEvaluation, type RunEvaluationParts, RunFitting } from '../evaluation/index.js';
import { readSet } from '../lifecycle/index.js';
import type { RunEvents } from '../monitoring/index.js';
import { awaitsFit, pointerStep, quorumOf, type RunRecord } from '../runs/index.js';
import { isAssigned } from '../schedule/index.js';
import { RunTargets } from '../targets/index.js';
import { eachRun } from './each-run.js';

export interface ActiveRunsParts extends RunEvaluationParts {
  readonly pointers: KeyValue;
  readonly events: RunEvents;
  readonly data: Pick<DataThreads, 'combine'>;
  readonly onTargetsSent: (stepCount: number) => void;
}

interface Training {
  readonly targets: RunTargets;
  /** Epoch of the assignment whose student is expected; 0: none. */
  assignmentEpoch: number;
}

export class ActiveRuns {
  readonly #parts: ActiveRunsParts;
  readonly #training = new Map<string, Training>();
  readonly #fittings = new Map<string, RunFitting>();
  readonly #evaluations = new Map<string, RunEvaluation>();
  /** When each run was submitted, as the last pass saw it: by the next pass another run may have the same id. */
  #submittedAtMs: ReadonlyMap<string, number> = new Map();

  constructor(parts: ActiveRunsParts) {
    this.#parts = parts;
  }

  /** Undefined until the run's set has been read, and for a run without teachers. */
  targets(runId: string): RunTargets | undefined {
    return this.#training.get(runId)?.targets;
  }

  trainings(): RunTargets[] {
    return [...this.#training.values()].map(({ targets }) => targets);
  }

  /** The fit under way; undefined: the run's rule needs none, or has been fitted. */
  fitting(runId: string): RunFitting | undefined {
    return this.#fittings.get(runId);
  }

  /** @param nowMs - of a clock that never goes back. */
  tick(nowMs: number): void {
    for (const { targets } of this.#training.values()) targets.tick(nowMs);
  }

  evaluation(runId: string): RunEvaluation | undefined {
    return this.#evaluations.get(runId);
  }

  /** Starts and stops these objects as the records say. An error of one run does not affect the others. */
  async follow(): Promise<void> {
    this.#stopDeleted();
    await eachRun(this.#parts, async (record) => {
      try {
        await this.#followTraining(record);
        await this.#followFitting(record);
        await this.#followEvaluation(record);
      } catch (thrown) {
        await this.#giveUp(record.runId, toLyceumError(thrown));
      }
    });
    await eachRun(this.#parts, async ({ runId }) => {
      const failure = this.targets(runId)?.failure;
      if (failure !== undefined) await this.#parts.lifecycle.pause(runId, failure.reason, failure);
      await this.fitting(runId)?.advance();
      await this.evaluation(runId)?.advance();
    });
  }

  closeAll(reason: LyceumError): void {
    for (const runId of this.#submittedAtMs.keys()) this.#stop(runId, reason);
  }

  /** A run may end and be deleted between two passes, and another run be submitted under its id. */
  #stopDeleted(): void {
    const { store } = this.#parts;
    for (const [runId, submittedAtMs] of this.#submittedAtMs) {
      if (store.get(runId)?.submittedAtMs === submittedAtMs) continue;
      this.#stop(runId, new LyceumError('ABORTED', `run ${runId} was deleted`));
    }
    this.#submittedAtMs = new Map(store.list().map((r) => [r.runId, r.submittedAtMs]));
  }

  #stop(runId: string, reason: LyceumError): void {
    this.#training.get(runId)?.targets.close(reason);
    this.#fittings.get(runId)?.stop();
    this.#evaluations.get(runId)?.stop();
    this.#training.delete(runId);
    this.#fittings.delete(runId);
    this.#evaluations.delete(runId);
  }

  /** Pauses the run if its set is unreadable or a disk is full; other errors fail it, unless retryable. */
  async #giveUp(runId: string, err: LyceumError): Promise<void> {
    const { lifecycle, log } = this.#parts;
    log.warn({ err, runId }, 'run cannot be taken up');
    const waits = err instanceof StorageFullError || err instanceof UnreadableSetError;
    if (waits) await lifecycle.pause(runId, err.message);
    else if (!err.retryable) await lifecycle.fail(runId, err.message);
  }

  async #followTraining(record: RunRecord): Promise<void> {
    const { runId, state } = record;
    const known = this.#training.get(runId);
    if (record.specification.kind !== 'Distillation') return;
    // A run that lost its worker keeps its open asks: another worker will need their answers.
    const trains = isAssigned(state) || (state === 'QUEUED' && known !== undefined);
    if (!trains) {
      known?.targets.close(new LyceumError('ABORTED', `run ${runId} is ${state}`));
      this.#training.delete(runId);
      return;
    }
    const training = known ?? (await this.#startTraining(record));
    const assignmentEpoch = record.assignment?.assignmentEpoch ?? 0;
    if (training.assignmentEpoch === assignmentEpoch) return;
    training.assignmentEpoch = assignmentEpoch;
    training.targets.release(
      new LyceumError('ABORTED', `run ${runId} has been taken from this worker`),
    );
    if (assignmentEpoch > 0) {
      training.targets.expect(await pointerStep(this.#parts.pointers, runId));
    }
  }

  async #startTraining(record: RunRecord): Promise<Training> {
    const { catalog, desk, answers, data, ledgers, events, monitor } = this.#parts;
    const { lifecycle, log, changed, onTargetsSent } = this.#parts;
    const { runId } = record;
    const dataset = await readSet(catalog, record.dataset);
    const targets = new RunTargets({
      record,
      dataset,
      desk,
      store: answers,
      data,
      fit: () => this.#parts.store.get(runId)?.fit,
      onFailed: changed,
      ledger: quorumOf(record) && (await ledgers.open(record)),
      onSent: onTargetsSent,
      onDrift: (teacher, text) => {
        const name = record.teachers[teacher]?.name ?? '';
        const warning = `teacher ${name} has changed: its ${text}`;
        events.add(runId, 'teacher-warning', warning, { teacher: name });
        lifecycle.noted(runId, { warning }).catch((err: unknown) => {
          log.warn({ err, runId, warning }, 'warning not recorded');
        });
      },
      onDegraded: ({ firstStep, endStep }, lacking) => {
        const message = `steps ${firstStep} to ${endStep - 1} go on without ${lacking.join(', ')}`;
        events.add(runId, 'degraded', message, { firstStep, endStep, lacking });
        monitor.degraded(runId, targets.degradedShare());
      },
    });
    if (targets.degradedShare() > 0) monitor.degraded(runId, targets.degradedShare());
    const training = { targets, assignmentEpoch: 0 };
    this.#training.set(runId, training);
    return training;
  }

  async #followFitting(record: RunRecord): Promise<void> {
    const { runId, specification } = record;
    const known = this.#fittings.get(runId);
    if (!this.#training.has(runId) || !awaitsFit(record) || specification.kind === 'Training') {
      known?.stop();
      this.#fittings.delete(runId);
    } else if (known === undefined) {
      const dataset = await readSet(this.#parts.catalog, record.dataset);
      const { spec } = specification;
      this.#fittings.set(runId, new RunFitting(record, spec, dataset, this.#parts));
    }
  }

  async #followEvaluation(record: RunRecord): Promise<void> {
    const { runId, state } = record;
    const known = this.#evaluations.get(runId);
    if (state !== 'EVALUATING') {
      known?.stop();
      this.#evaluations.delete(runId);
    } else if (known === undefined) {
      const dataset = await readSet(this.#parts.catalog, record.dataset);
      this.#evaluations.set(runId, new RunEvaluation(record, dataset, this.#parts));
    }
  }
}
