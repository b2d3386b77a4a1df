/** What a student worker shows Prometheus. Counters go on over assignments. */
import { processMetrics } from '@lyceum/platform/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { TrainingProgress } from '../job/index.js';

export class StudentMetrics {
  readonly registry = processMetrics();
  readonly #registers = [this.registry];
  readonly #steps = new Counter({
    name: 'lyceum_student_steps_total',
    help: 'Optimiser steps taken.',
    registers: this.#registers,
  });
  readonly #samples = new Counter({
    name: 'lyceum_student_samples_total',
    help: 'Samples trained on.',
    registers: this.#registers,
  });
  readonly #samplesPerSecond = new Gauge({
    name: 'lyceum_student_samples_per_second',
    help: 'Samples trained on per second between the last two reports.',
    registers: this.#registers,
  });
  readonly #trainingSeconds = new Counter({
    name: 'lyceum_student_training_seconds_total',
    help: 'Seconds spent in training, waiting included.',
    registers: this.#registers,
  });
  readonly #waitingSeconds = new Counter({
    name: 'lyceum_student_waiting_seconds_total',
    help: 'Seconds of training spent waiting for targets.',
    registers: this.#registers,
  });
  readonly #dataWaitingSeconds = new Counter({
    name: 'lyceum_student_data_waiting_seconds_total',
    help: 'Seconds of training spent waiting for pictures of a set in shards.',
    registers: this.#registers,
  });
  readonly #checkpointSeconds = new Histogram({
    name: 'lyceum_student_checkpoint_seconds',
    help: 'Seconds from a checkpoint on disk to the pointer that names it.',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers: this.#registers,
  });
  readonly #connected = new Gauge({
    name: 'lyceum_student_session_open',
    help: '1 while the coordinator has this worker in a session.',
    registers: this.#registers,
  });

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

  /** Nothing is being trained. */
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
