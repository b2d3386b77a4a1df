/**
 * The compute thread: owns the engine, trains one job at a time, and talks in {@link ToThread} and
 * {@link FromThread}. Started by `student-compute.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '@lyceum/learning/tensorflow';
import { toLyceumError } from '@lyceum/proto';
import {
  type TrainingFailure,
  type TrainingJob,
  trainingError,
  trainingFailure,
} from '../job/index.js';
import type { FromThread, ThreadSettings, ToThread } from './thread-messages.js';
import { type Stop, Trainer, type Untraced } from './training/index.js';

if (parentPort === null) throw new Error('compute-thread.js is started as a worker thread');
const port = parentPort;
const { eager } = workerData as ThreadSettings;
const send = (message: FromThread) => port.postMessage(message);

const engine = await openEngine({ warn: (message) => send({ kind: 'warning', message }) });

/** One job, from its message to its `ended`. */
class Job {
  readonly number: number;
  #trainer: Trainer | undefined;
  #stop: Stop | undefined;
  #checkpointTaken: (failure: TrainingFailure | undefined) => void = () => {};

  constructor(number: number) {
    this.number = number;
  }

  async run(job: TrainingJob): Promise<void> {
    const jobNumber = this.number;
    try {
      this.#trainer = await Trainer.open({
        engine,
        job,
        eager,
        listener: this.#listener(),
        now: () => performance.now(),
      });
      if (this.#stop !== undefined) this.#trainer.stop(this.#stop);
      const result = await this.#trainer.run();
      if (result !== undefined) send({ kind: 'finished', jobNumber, result });
    } catch (err) {
      send({ kind: 'failed', jobNumber, failure: trainingFailure(err) });
    } finally {
      this.#trainer?.dispose();
      send({ kind: 'ended', jobNumber });
    }
  }

  receive(message: ToThread): void {
    if (message.kind === 'stop') {
      this.#stop = message.how;
      this.#trainer?.stop(message.how);
    } else if (message.kind === 'checkpointTaken') {
      this.#checkpointTaken(message.failure);
    } else if (message.kind === 'targets') {
      try {
        this.#trainer?.receive(message.block);
      } catch (err) {
        this.#trainer?.fail(toLyceumError(err));
      }
    }
  }

  #listener() {
    const jobNumber = this.number;
    return {
      untraced: (what: Untraced, reason: string) =>
        send({ kind: 'untraced', jobNumber, what, reason }),
      wantTargets: (creditStep: number, doneStep: number) =>
        send({ kind: 'wantTargets', jobNumber, creditStep, doneStep }),
      progress: (progress: Extract<FromThread, { kind: 'progress' }>['progress']) =>
        send({ kind: 'progress', jobNumber, progress }),
      checkpoint: (checkpoint: Extract<FromThread, { kind: 'checkpoint' }>['checkpoint']) =>
        new Promise<void>((resolve, reject) => {
          this.#checkpointTaken = (failure) => {
            if (failure === undefined) resolve();
            else reject(trainingError(failure));
          };
          send({ kind: 'checkpoint', jobNumber, checkpoint });
        }),
    };
  }
}

let current: Job | undefined;

port.on('message', (message: ToThread) => {
  if (message.kind !== 'train') {
    if (message.jobNumber === current?.number) current.receive(message);
    return;
  }
  current = new Job(message.jobNumber);
  void current.run(message.job);
});

send({
  kind: 'ready',
  device: { engine: engine.name, engineVersion: engine.version, device: engine.device },
});
