/** Device time and service calls of runs in progress, up to now. Records hold the figures of their last change. */
import { type AnswerCost, type RunRecord, withAnswers, withTraining } from '../runs/index.js';

type Cost = NonNullable<RunRecord['cost']>;

export class RunCosts {
  readonly #known = new Map<string, Cost>();

  /** Undefined: nothing has been reported of the run. */
  of({ runId, cost }: Pick<RunRecord, 'runId' | 'cost'>): Cost | undefined {
    return this.#known.get(runId) ?? cost;
  }

  /** @param trainingSeconds - of this assignment, as `StepProgress` has them. */
  trained(record: RunRecord, assignmentEpoch: number, trainingSeconds: number): void {
    const cost = withTraining(this.of(record), assignmentEpoch, trainingSeconds);
    this.#known.set(record.runId, cost);
  }

  /** Adds the cost of a ticket that these runs asked for: each run bears an equal part of time and calls. */
  answered(
    runs: readonly RunRecord[],
    teacherIdentity: string,
    { deviceSeconds, sampleCount, calls }: AnswerCost,
  ): void {
    const share = {
      deviceSeconds: deviceSeconds / runs.length,
      sampleCount,
      ...(calls && {
        calls: {
          count: calls.count / runs.length,
          inputTokens: calls.inputTokens / runs.length,
          outputTokens: calls.outputTokens / runs.length,
        },
      }),
    };
    for (const record of runs) {
      const teacher = record.teachers.findIndex(({ identity }) => identity === teacherIdentity);
      if (teacher < 0) continue;
      this.#known.set(record.runId, withAnswers(this.of(record), teacher, share));
    }
  }

  /** Called when the run has ended: its record holds its cost. */
  forget(runId: string): void {
    this.#known.delete(runId);
  }
}
