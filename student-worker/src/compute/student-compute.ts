/**
 * The shell's handle on the compute thread. Nothing here computes; every call returns at once or waits for
 * the thread's word.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { setComputeThreads } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { Logger } from 'pino';
import {
  type StudentTrainer,
  type TargetBlock,
  type TrainingEvents,
  type TrainingJob,
  trainingFailure,
} from '../job/index.js';
import type {
  ComputeDevice,
  FromThread,
  JobNews,
  ThreadSettings,
  ToThread,
} from './thread-messages.js';
import type { Stop } from './training/index.js';

interface CurrentJob {
  readonly number: number;
  /** Undefined once nothing more may be told. */
  events: TrainingEvents | undefined;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

export class StudentCompute implements StudentTrainer {
  readonly device: ComputeDevice;
  readonly #worker: Worker;
  readonly #log: Logger;
  #jobCount = 0;
  #job: CurrentJob | undefined;
  #stopping = false;

  /**
   * Starts the thread and waits until its engine is open.
   *
   * Sets TensorFlow's variables in this process's environment: call it in the main thread, before anything
   * else loads TensorFlow.
   *
   * @throws {LyceumError} UNAVAILABLE if the thread dies before.
   */
  static async start(a: {
    computeThreads: number;
    eager: boolean;
    log: Logger;
  }): Promise<StudentCompute> {
    setComputeThreads(a.computeThreads, process.env);
    const workerData: ThreadSettings = { eager: a.eager };
    const worker = new Worker(new URL('./compute-thread.js', import.meta.url), { workerData });
    return new StudentCompute(worker, await opened(worker, a.log), a.log);
  }

  private constructor(worker: Worker, device: ComputeDevice, log: Logger) {
    this.#worker = worker;
    this.#log = log;
    this.device = device;
    worker.on('message', (message: FromThread) => {
      if ('jobNumber' in message && message.jobNumber === this.#job?.number) this.#tell(message);
    });
    worker.on('error', (err) => log.error({ err }, 'compute thread failed'));
    worker.on('exit', () => this.#onExit());
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if a job is there, UNAVAILABLE if the thread has ended. */
  train(job: TrainingJob, events: TrainingEvents): void {
    if (this.#job !== undefined) {
      throw new LyceumError('FAILED_PRECONDITION', 'the compute thread has a job already');
    }
    if (this.#stopping) throw new LyceumError('UNAVAILABLE', 'the compute thread has ended');
    const number = ++this.#jobCount;
    const { promise, resolve } = promiseWithResolver();
    this.#job = { number, events, ended: promise, end: resolve };
    this.#send({ kind: 'train', jobNumber: number, job });
  }

  /** Hands the block's values over: their buffers are gone afterwards. Dropped where there is no job. */
  targets(block: TargetBlock): void {
    if (this.#job === undefined) return;
    const buffers = new Set(block.tensors.map((tensor) => tensor.values.buffer));
    this.#send({ kind: 'targets', jobNumber: this.#job.number, block }, [...buffers]);
  }

  async abandon(): Promise<void> {
    if (this.#job === undefined) return;
    this.#job.events = undefined;
    await this.#endJob('abandon');
  }

  async drain(): Promise<void> {
    await this.#endJob('drain');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#job !== undefined) this.#job.events = undefined;
    await this.#worker.terminate();
  }

  async #endJob(how: Stop): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    this.#send({ kind: 'stop', jobNumber: job.number, how });
    await job.ended;
  }

  #tell(message: JobNews): void {
    const { events } = this.#job ?? {};
    switch (message.kind) {
      case 'untraced':
        this.#log.info(
          { what: message.what, reason: message.reason },
          'no graph: runs operation by operation',
        );
        break;
      case 'wantTargets':
        events?.wantTargets(message.creditStep, message.doneStep);
        break;
      case 'progress':
        events?.progress(message.progress);
        break;
      case 'checkpoint':
        void this.#takeCheckpoint(message);
        break;
      case 'finished':
        this.#endWith((e) => e.finished(message.result));
        break;
      case 'failed':
        this.#endWith((e) => e.failed(message.failure));
        break;
      case 'ended':
        this.#forgetJob();
        break;
    }
  }

  async #takeCheckpoint({
    jobNumber,
    checkpoint,
  }: Extract<JobNews, { kind: 'checkpoint' }>): Promise<void> {
    try {
      await this.#job?.events?.checkpoint(checkpoint);
      this.#send({ kind: 'checkpointTaken', jobNumber, failure: undefined });
    } catch (err) {
      this.#send({ kind: 'checkpointTaken', jobNumber, failure: trainingFailure(err) });
    }
  }

  /** The job is forgotten first, so that the listener can start another. */
  #endWith(tell: (events: TrainingEvents) => void): void {
    const events = this.#job?.events;
    this.#forgetJob();
    if (events !== undefined) tell(events);
  }

  #forgetJob(): void {
    const job = this.#job;
    this.#job = undefined;
    job?.end();
  }

  #onExit(): void {
    if (!this.#stopping) this.#log.error('compute thread ended');
    this.#stopping = true;
    this.#endWith((events) =>
      events.failed({
        reason: 'the compute thread ended',
        retryable: true,
        storageFull: false,
      }),
    );
  }

  #send(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

/** What the thread computes on, once its engine is open. */
async function opened(worker: Worker, log: Logger): Promise<ComputeDevice> {
  const start = new AbortController();
  const { signal } = start;
  try {
    return await new Promise((resolve, reject) => {
      once(worker, 'exit', { signal }).then(() => {
        reject(new LyceumError('UNAVAILABLE', 'the compute thread ended before it was ready'));
      }, reject);
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'warning') log.warn({ reason: message.message }, 'engine is slow');
        if (message.kind === 'ready') resolve(message.device);
      });
    });
  } finally {
    start.abort();
  }
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
