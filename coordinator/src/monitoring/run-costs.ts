/** What runs in progress have cost their devices up to now; records have what was known at their last change. */
import { type AnswerCost, type RunRecord, withAnswers, withTraining } from '../runs/index.js';

type Cost = NonNullable<RunRecord['cost']>;

export class RunCosts {
  readonly #known = new Map<string, Cost>();

  /** Undefined: nothing has been told of the run. */
  of({ runId, cost }: Pick<RunRecord, 'runId' | 'cost'>): Cost | undefined {
    return this.#known.get(runId) ?? cost;
  }

  /** @param trainingSeconds - since the assignment's first step. */
  trained(record: RunRecord, assignmentEpoch: number, trainingSeconds: number): void {
    const cost = withTraining(this.of(record), assignmentEpoch, trainingSeconds);
    this.#known.set(record.runId, cost);
  }

  /** A ticket was answered that these runs asked for: each bears an equal part of the time and of the calls. */
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

  /** The run has ended, and its record says all. */
  forget(runId: string): void {
    this.#known.delete(runId);
  }
}
