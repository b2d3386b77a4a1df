/**
 * Fits the rule of a run's ensemble: waits for the teachers' answers to the validation split, fits, records the fit.
 */
import { splitSamples } from '@lyceum/learning/datasets';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import type { Logger } from '@lyceum/platform';
import { StorageFullError, toLyceumError } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import type { RunLifecycle } from '../lifecycle/index.js';
import type { RunFit, RunRecord } from '../runs/index.js';
import { runTask } from '../tasks/index.js';
import { SplitAnswers, type TicketDesk } from '../tickets/index.js';
import type { FittingRequest } from './fitting-task.js';

export interface RunFittingParts {
  readonly lifecycle: RunLifecycle;
  readonly answers: AnswerStore;
  readonly desk: TicketDesk;
  readonly log: Logger;
  /** Something that others wait for has changed. */
  readonly changed: () => void;
}

interface Attempt {
  /** Answers that the fit is made of have been dropped. */
  isStale: boolean;
  /** Resolves once nothing is being recorded. */
  recorded: Promise<unknown>;
}

export class RunFitting {
  readonly runId: string;
  readonly #parts: RunFittingParts;
  readonly #record: RunRecord;
  readonly #spec: DistillationSpecification['spec'];
  readonly #dataset: DatasetOutline;
  readonly #answers: SplitAnswers;
  /** The fit under way; undefined: none. */
  #attempt: Attempt | undefined;
  #failure: string | undefined;
  #storageFailure: string | undefined;
  #stopped = false;

  constructor(
    record: RunRecord,
    spec: DistillationSpecification['spec'],
    dataset: DatasetOutline,
    parts: RunFittingParts,
  ) {
    this.runId = record.runId;
    this.#record = record;
    this.#spec = spec;
    this.#dataset = dataset;
    this.#parts = parts;
    this.#answers = new SplitAnswers({
      askerId: `${record.runId}/fitting`,
      runId: record.runId,
      teachers: record.teachers,
      dataset,
      split: 'validation',
      desk: parts.desk,
      store: parts.answers,
      onSettled: parts.changed,
    });
    this.#answers.start();
  }

  /** What the fit waits for. */
  get reason(): string {
    return this.#answers.complete
      ? 'fitting the rule of the ensemble'
      : "waiting for the teachers' answers to the validation split";
  }

  /** Goes on if all is there, or gives up. Called whenever something may have changed. */
  async advance(): Promise<void> {
    if (this.#attempt !== undefined || this.#stopped) return;
    const { lifecycle } = this.#parts;
    const trouble = this.#answers.failure ?? this.#storageFailure;
    if (trouble !== undefined) return lifecycle.pause(this.runId, trouble);
    if (this.#failure !== undefined) return lifecycle.fail(this.runId, this.#failure);
    if (!this.#answers.complete) return;
    this.#attempt = { isStale: false, recorded: Promise.resolve() };
    void this.#finish(this.#attempt);
  }

  /**
   * Some of the answers have been dropped: a fit under way is not kept. If it was being recorded already, resolves
   * once it is in the record.
   */
  async discard(): Promise<void> {
    if (this.#attempt === undefined) return;
    this.#attempt.isStale = true;
    await this.#attempt.recorded;
  }

  stop(): void {
    this.#stopped = true;
    this.#answers.stop();
  }

  /** Never rejects: the next {@link advance} deals with what went wrong. */
  async #finish(attempt: Attempt): Promise<void> {
    const { log, changed } = this.#parts;
    try {
      await this.#fit(attempt);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.retryable) log.warn({ err, runId: this.runId }, 'rule not fitted; trying again');
      else if (err instanceof StorageFullError) {
        this.#storageFailure = `the rule of its ensemble cannot be stored: ${err.message}`;
        changed();
      } else {
        this.#failure = `the rule of its ensemble could not be fitted: ${err.message}`;
        changed();
      }
    } finally {
      this.#attempt = undefined;
    }
  }

  async #fit(attempt: Attempt): Promise<void> {
    const { teachers } = this.#record;
    const read = await Promise.all(teachers.map((t) => this.#answers.read(t)));
    const teacherLogits = read.filter((logits) => logits !== undefined);
    if (teacherLogits.length < read.length) {
      this.#answers.start();
      return;
    }
    const { labels, classCount } = this.#dataset;
    const request: FittingRequest = {
      combination: this.#spec.ensemble,
      teacherLogits,
      labels: Int32Array.from(
        splitSamples(this.#dataset, 'validation'),
        (sample) => labels[sample] as number,
      ),
      classCount,
      knownClasses: teachers.map(({ knownClasses }) => knownClasses),
    };
    const what = `rule of run ${this.runId}`;
    const task = new URL('../../dist/evaluation/fitting-task.js', import.meta.url);
    const fit = await runTask<FittingRequest, RunFit>(task, 'fitRule', request, what);
    if (this.#stopped || attempt.isStale) return;
    const recording = this.#parts.lifecycle.fitted(this.runId, fit);
    attempt.recorded = Promise.allSettled([recording]);
    await recording;
  }
}
