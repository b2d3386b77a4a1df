/**
 * The worker's handle on the compute thread. Nothing here computes; every call returns at once or waits for the
 * thread's answer.
 */
import { Worker } from 'node:worker_threads';
import { type Logger, lostGpu } from '@lyceum/platform';
import { moved, Thread, ThreadDeathError } from '@lyceum/platform/threads';
import { LyceumError } from '@lyceum/proto';
import {
  type ComputeDevice,
  type ComputeSettings,
  ForeignCheckpointError,
  NumericsChangeError,
  type Stop,
  type StudentCalls,
  type StudentNews,
  type StudentTrainer,
  type TargetBlock,
  type TrainingEvents,
  type TrainingFailure,
  type TrainingJob,
  trainingFailure,
} from '../job/index.js';

export class StudentCompute implements StudentTrainer {
  readonly device: ComputeDevice;
  readonly #thread: Thread<StudentCalls>;
  /** Resolves when the present job has ended; undefined: there is none. */
  #job: Promise<void> | undefined;
  /** Receives the present job's events; undefined: nobody does. */
  readonly #told: { events: TrainingEvents | undefined };

  /**
   * Starts the thread and waits until its engine is open. `TF_…` variables must be set before.
   *
   * @throws {ThreadDeathError} if the thread does not come up.
   */
  static async start(settings: ComputeSettings, log: Logger): Promise<StudentCompute> {
    const worker = new Worker(new URL('./compute-thread.js', import.meta.url), {
      workerData: settings,
    });
    const told: { events: TrainingEvents | undefined } = { events: undefined };
    const here: StudentNews = {
      untraced: (what, reason) =>
        log.info({ what, reason }, 'no graph: runs operation by operation'),
      wantTargets: (creditStep, doneStep) => told.events?.wantTargets(creditStep, doneStep),
      progress: (progress) => told.events?.progress(progress),
      checkpoint: async (checkpoint) => told.events?.checkpoint(checkpoint),
      openWindow: async (samples) => {
        const pictures = told.events?.pictures;
        if (pictures !== undefined) return pictures.openWindow(samples);
        throw new LyceumError('CANCELLED', 'nobody waits for the pictures any more');
      },
      closeWindow: (id) => told.events?.pictures?.closeWindow(id),
      fetchAhead: (samples) => told.events?.pictures?.fetchAhead(samples),
    };
    let isOnGpu = false;
    const thread = new Thread<StudentCalls>(worker, {
      name: 'the compute thread',
      here,
      kinds: [ForeignCheckpointError, NumericsChangeError],
      uselessAfter: ({ message }) => (isOnGpu ? lostGpu(message) : undefined),
    });
    const { device, warnings } = await thread.call('opened');
    isOnGpu = device.device === 'gpu';
    for (const reason of warnings) log.warn({ reason }, 'engine is slow');
    return new StudentCompute(device, thread, told);
  }

  private constructor(
    device: ComputeDevice,
    thread: Thread<StudentCalls>,
    told: { events: TrainingEvents | undefined },
  ) {
    this.device = device;
    this.#thread = thread;
    this.#told = told;
  }

  /** Resolves if the thread ends by itself. */
  get died(): Promise<ThreadDeathError> {
    return this.#thread.died;
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the thread has a job, UNAVAILABLE if the thread has ended. */
  train(job: TrainingJob, events: TrainingEvents): void {
    if (this.#job !== undefined) {
      throw new LyceumError('FAILED_PRECONDITION', 'the compute thread has a job already');
    }
    if (!this.#thread.isAlive) {
      throw new LyceumError('UNAVAILABLE', 'the compute thread has ended');
    }
    this.#told.events = events;
    this.#job = this.#thread.call('train', job).then(
      (result) =>
        this.#end((to) => {
          if (result !== undefined) to.finished(result);
        }),
      (err: unknown) => this.#end((to) => to.failed(failureOf(err))),
    );
  }

  /** Transfers the block's values: the caller cannot use their buffers afterwards. Dropped if there is no job. */
  targets(block: TargetBlock): void {
    if (this.#job === undefined) return;
    const buffers = block.tensors.map((tensor) => tensor.values.buffer);
    this.#thread.tell('targets', moved(block, buffers));
  }

  async abandon(): Promise<void> {
    this.#told.events = undefined;
    await this.#endJob('abandon');
  }

  async drain(): Promise<void> {
    await this.#endJob('drain');
  }

  async stop(): Promise<void> {
    this.#told.events = undefined;
    await this.#thread.close();
  }

  async #endJob(how: Stop): Promise<void> {
    if (this.#job === undefined) return;
    this.#thread.tell('stop', how);
    await this.#job;
  }

  /** Forgets the job before it calls the listener, which may start another. */
  #end(tell: (events: TrainingEvents) => void): void {
    const { events } = this.#told;
    this.#job = undefined;
    this.#told.events = undefined;
    if (events !== undefined) tell(events);
  }
}

function failureOf(err: unknown): TrainingFailure {
  if (!(err instanceof ThreadDeathError)) return trainingFailure(err);
  return { reason: 'the compute thread ended', retryable: true, storageFull: false };
}
