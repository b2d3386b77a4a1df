/** The metrics that a student worker offers to Prometheus. Counters continue over assignments. */
import { metricsOf, processMetrics } from '@lyceum/platform/metrics';
import type { TrainingProgress } from '../job/index.js';

export class StudentMetrics {
  readonly registry = processMetrics();
  readonly #new = metricsOf(this.registry);
  readonly #steps = this.#new.counter('lyceum_student_steps_total', 'Optimiser steps taken.');
  readonly #samples = this.#new.counter('lyceum_student_samples_total', 'Samples trained on.');
  readonly #samplesPerSecond = this.#new.gauge(
    'lyceum_student_samples_per_second',
    'Samples trained on per second between the last two reports.',
  );
  readonly #trainingSeconds = this.#new.counter(
    'lyceum_student_training_seconds_total',
    'Seconds spent in training, waiting included.',
  );
  readonly #waitingSeconds = this.#new.counter(
    'lyceum_student_waiting_seconds_total',
    'Seconds of training spent waiting for targets.',
  );
  readonly #dataWaitingSeconds = this.#new.counter(
    'lyceum_student_data_waiting_seconds_total',
    'Seconds of training spent waiting for pictures of a set in shards.',
  );
  readonly #checkpointSeconds = this.#new.histogram(
    'lyceum_student_checkpoint_seconds',
    'Seconds from a checkpoint on disk to the pointer that names it.',
    [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
  );
  readonly #connected = this.#new.gauge(
    'lyceum_student_session_open',
    '1 while the coordinator has this worker in a session.',
  );

  /**
   * @param before - the assignment's report before this one.
   * @param startStep - the step that the assignment started from.
   */
  progressed(before: TrainingProgress | undefined, now: TrainingProgress, startStep: number): void {
    const seconds = now.trainingSeconds - (before?.trainingSeconds ?? 0);
    const samples = now.samples - (before?.samples ?? 0);
    this.#steps.inc(now.step - (before?.step ?? startStep));
    this.#samples.inc(samples);
    this.#trainingSeconds.inc(seconds);
    this.#waitingSeconds.inc(now.waitingSeconds - (before?.waitingSeconds ?? 0));
    this.#dataWaitingSeconds.inc(now.dataWaitingSeconds - (before?.dataWaitingSeconds ?? 0));
    if (seconds > 0) this.#samplesPerSecond.set(samples / seconds);
  }

  /** Called when the worker trains nothing. */
  idle(): void {
    this.#samplesPerSecond.set(0);
  }

  checkpointed(seconds: number): void {
    this.#checkpointSeconds.observe(seconds);
  }

  sessionOpen(open: boolean): void {
    this.#connected.set(open ? 1 : 0);
  }
}
