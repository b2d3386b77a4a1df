/**
 * Reports that wait to be sent to the coordinator, as levels instead of a queue: however long the coordinator is away,
 * at most one state, one progress and one outcome wait.
 *
 * A new session has sent nothing, so state and outcome are due again. The outcome stays until the assignment ends,
 * since only the coordinator knows when it has recorded it.
 */
import { Wakeup } from '@lyceum/platform';
import type { SessionLink } from '@lyceum/platform/worker';
import type {
  StepProgress,
  StudentReport,
  StudentState,
  TrainingDone,
  TrainingFailed,
} from '@lyceum/proto';

export type Report = NonNullable<StudentReport['report']>;

export type TrainingOutcome =
  | { readonly $case: 'done'; readonly done: TrainingDone }
  | { readonly $case: 'failed'; readonly failed: TrainingFailed };

export class ReportOutbox {
  #state: StudentState = { revision: 0, runId: '', assignmentEpoch: 0 };
  #stateDue = true;
  #progress: StepProgress | undefined;
  #outcome: TrainingOutcome | undefined;
  #outcomeDue = false;
  readonly #wakeup = new Wakeup();

  setState(state: StudentState): void {
    this.#state = state;
    this.#stateDue = true;
    this.#wakeup.wake();
  }

  setProgress(progress: StepProgress): void {
    this.#progress = laterProgress(this.#progress, progress);
    this.#wakeup.wake();
  }

  setOutcome(outcome: TrainingOutcome): void {
    this.#outcome = outcome;
    this.#outcomeDue = true;
    this.#wakeup.wake();
  }

  /** The coordinator still names the assignment that has ended: tell it again. */
  repeatOutcome(): void {
    this.#outcomeDue = this.#outcome !== undefined;
    this.#wakeup.wake();
  }

  /** The assignment is over: sends no more reports about it. */
  forget(): void {
    this.#progress = undefined;
    this.#outcome = undefined;
    this.#outcomeDue = false;
  }

  /**
   * Sends reports when they are due, from the beginning of a session until its end, or, once the worker leaves, until
   * all that were due then are sent.
   */
  async say({ closed, send }: SessionLink<Report>, leaving: AbortSignal): Promise<void> {
    this.#stateDue = true;
    this.#outcomeDue = this.#outcome !== undefined;
    const until = AbortSignal.any([leaving, closed]);
    while (!closed.aborted) {
      const report = this.take();
      if (report !== undefined) await send(report);
      else if (leaving.aborted) return;
      else await this.#wakeup.wait({ signal: until });
    }
  }

  /** The next report that is due, in the order state, progress, outcome; undefined if none is. */
  take(): Report | undefined {
    if (this.#stateDue) {
      this.#stateDue = false;
      return { $case: 'state', state: this.#state };
    }
    if (this.#progress !== undefined) {
      const progress = this.#progress;
      this.#progress = undefined;
      return { $case: 'progress', progress };
    }
    if (this.#outcomeDue && this.#outcome !== undefined) {
      this.#outcomeDue = false;
      return this.#outcome;
    }
    return undefined;
  }
}

/** The newer of two reports, with the older one's validation if it has none of its own. */
export function laterProgress(older: StepProgress | undefined, newer: StepProgress): StepProgress {
  if (newer.validation !== undefined || older?.validation === undefined) return newer;
  if (older.runId !== newer.runId || older.assignmentEpoch !== newer.assignmentEpoch) return newer;
  return { ...newer, validation: older.validation };
}
