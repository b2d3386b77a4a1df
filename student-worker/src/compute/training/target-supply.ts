/** The targets of a training: asked for ahead, as far as the window reaches, and awaited. */
import { targetSumColumns } from '@lyceum/learning/history';
import type { StepPlan } from '@lyceum/learning/orders';
import { Wakeup } from '@lyceum/platform';
import type { TargetBlock, TrainingJob, TrainingNews } from '../../job/index.js';
import { TargetInbox } from './target-inbox.js';

export class TargetSupply {
  readonly #inbox: TargetInbox;
  readonly #job: Pick<TrainingJob, 'targetTensors' | 'windowSteps'>;
  readonly #stepCount: number;
  readonly #news: Pick<TrainingNews, 'wantTargets'>;
  readonly #unknownFigures: readonly number[];
  #askedAtStep = -1;
  readonly #woken = new Wakeup();

  constructor(
    job: Pick<TrainingJob, 'specification' | 'targetTensors' | 'windowSteps'>,
    plan: StepPlan,
    firstStep: number,
    news: Pick<TrainingNews, 'wantTargets'>,
  ) {
    this.#inbox = new TargetInbox(plan, job.targetTensors, firstStep);
    this.#job = job;
    this.#unknownFigures = targetSumColumns(job.specification).map(() => Number.NaN);
    this.#stepCount = plan.stepCount;
    this.#news = news;
  }

  /**
   * Raises the credit once a quarter of the window is used, or at once if `now`: a message each step is too many.
   */
  ask(step: number, now = false): void {
    const { targetTensors, windowSteps } = this.#job;
    if (targetTensors.length === 0) return;
    const due = this.#askedAtStep + (now ? 1 : Math.ceil(windowSteps / 4));
    if (this.#askedAtStep >= 0 && step < due && step < this.#stepCount) return;
    this.#askedAtStep = step;
    const creditStep = Math.min(this.#stepCount, step + windowSteps);
    this.#inbox.allow(creditStep);
    this.#news.wantTargets(creditStep, step);
  }

  /** Stores rows that came. @throws {LyceumError} if they are not what was asked for. */
  receive(block: TargetBlock): void {
    this.#inbox.put(block);
    this.wake();
  }

  /** @returns undefined while some of the step's targets are missing. */
  take(step: number): ReadonlyMap<string, Float32Array> | undefined {
    return this.#inbox.take(step);
  }

  /** Figures from the coordinator about the step's targets, which were taken before, by column; NaN: none came. */
  takeFigures(step: number): readonly number[] {
    const told = this.#inbox.takeFigures(step);
    return told?.length === this.#unknownFigures.length ? told : this.#unknownFigures;
  }

  /** @returns undefined once `wants` is false, which is checked again at each {@link wake}. */
  async await(
    step: number,
    wants: () => boolean,
  ): Promise<ReadonlyMap<string, Float32Array> | undefined> {
    while (wants()) {
      const targets = this.#inbox.take(step);
      if (targets !== undefined) return targets;
      await this.#woken.wait();
    }
    return undefined;
  }

  wake(): void {
    this.#woken.wake();
  }
}
