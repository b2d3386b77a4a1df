/**
 * The target frames of steps of a run, for a reader that is not its student. Schedule and answers are as for the
 * run's own student; the reader sets the pace.
 */
import { Wakeup } from '@lyceum/platform';
import { LyceumError, type TargetFrame, TargetRequest, toLyceumError } from '@lyceum/proto';
import type { Contributors } from '../runs/index.js';
import { RunTargets, type RunTargetsParts } from '../targets/index.js';
import { Handoff } from './handoff.js';

export interface RunFramesParts
  extends Pick<RunTargetsParts, 'record' | 'dataset' | 'desk' | 'store' | 'data'> {
  /** Unique among all askers. */
  readonly askerId: string;
  /** The first step; the last one is that of the record's plan. */
  readonly firstStep: number;
  /** For a run with a quorum: the contributors of every span of these steps. */
  readonly contributors: Contributors | undefined;
  /** Teacher workers that are connected. */
  readonly workerCount: () => number;
}

export class RunFrames {
  readonly #parts: RunFramesParts;
  readonly #targets: RunTargets;
  readonly #frames = new Handoff<TargetFrame>();
  /** The frame that the reader took last. */
  #last: TargetFrame | undefined;
  #doneStep: number;
  readonly #done = new Wakeup();
  #closed = false;
  #end: LyceumError | undefined;

  constructor(parts: RunFramesParts) {
    this.#parts = parts;
    const { record, contributors, firstStep } = parts;
    const { runId, plan } = record;
    this.#doneStep = firstStep;
    this.#targets = new RunTargets({
      ...parts,
      fit: () => record.fit,
      ledger: contributors && { decided: contributors, record: undecided },
      onFailed: () => this.#fail(),
      // Warnings about the run's teachers are in the run's own record.
      onSent: () => {},
      onDrift: () => {},
      onDegraded: () => {},
    });
    const levels = { runId, firstStep, creditStep: plan.stepCount, doneStep: firstStep };
    const first = TargetRequest.fromPartial(levels);
    const serving = this.#targets.serve(first, this.#requests(), (frame) =>
      this.#frames.give(frame),
    );
    serving.catch((thrown: unknown) => {
      this.#end ??= toLyceumError(thrown);
      this.#frames.wake();
    });
  }

  /**
   * @returns the next frame; undefined if there is none within `ms`.
   * @throws {LyceumError} FAILED_PRECONDITION if there will be no more frames, with the reason.
   */
  async next(ms: number): Promise<TargetFrame | undefined> {
    if (this.#last !== undefined) this.#take(this.#last);
    this.#targets.servedBy(this.#parts.workerCount());
    if (this.#end !== undefined) throw this.#end;
    this.#last = await this.#frames.take(ms);
    if (this.#last === undefined && this.#end !== undefined) throw this.#end;
    return this.#last;
  }

  /** No target from this step on has been begun. */
  get reachedStep(): number {
    return this.#targets.reachedStep;
  }

  isWaiting(): boolean {
    return this.#targets.openWantCount() > 0;
  }

  close(): void {
    this.#closed = true;
    this.#targets.close(new LyceumError('CANCELLED', 'the call is over'));
    this.#done.wake();
  }

  /** The reader has taken the frame: all steps that end in it are done. */
  #take({ epoch, firstPosition, tensors }: TargetFrame): void {
    const { batchSize, sampleCount, stepsPerEpoch } = this.#parts.record.plan;
    const end = firstPosition + (tensors[0]?.shape[0] ?? 0);
    const doneInEpoch = end === sampleCount ? stepsPerEpoch : Math.floor(end / batchSize);
    this.#doneStep = epoch * stepsPerEpoch + doneInEpoch;
    this.#done.wake();
  }

  /** Tells how far the reader is, whenever that changes. */
  async *#requests(): AsyncGenerator<TargetRequest, void, undefined> {
    const { plan } = this.#parts.record;
    for (let told = this.#doneStep; !this.#closed; ) {
      if (told === this.#doneStep) {
        await this.#done.wait();
        continue;
      }
      told = this.#doneStep;
      yield TargetRequest.fromPartial({ creditStep: plan.stepCount, doneStep: told });
    }
  }

  #fail(): void {
    const { failure } = this.#targets;
    if (failure === undefined) return;
    this.#end ??= new LyceumError('FAILED_PRECONDITION', failure.reason);
    this.#targets.close(this.#end);
    this.#frames.wake();
  }
}

/** Never called: all spans were decided before, see `RunFramesParts.contributors`. */
async function undecided(span: number): Promise<void> {
  throw new Error(`contributors of span ${span} are not decided`);
}
