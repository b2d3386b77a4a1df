/**
 * One assignment, from its arrival to its end.
 *
 *     preparing → training → storing → done
 *          └─────────┴──────────┴────→ failed, lost
 *
 * `done`, `failed` and `lost` are reported until the coordinator no longer names the assignment. `lost` means that the
 * run belongs to another worker: the compute thread is freed, and this worker waits for a new desired state.
 */
import type { WorkerWindows } from '@lyceum/learning/windows';
import { type Logger, type SessionCredentials, type StudentClient, sleep } from '@lyceum/platform';
import type { Nats } from '@lyceum/platform/nats';
import { type AssignedRun, LyceumError, toLyceumError } from '@lyceum/proto';
import { CheckpointCommitter, CoordinatorStore } from '../checkpoints/index.js';
import {
  type StudentTrainer,
  type TrainingCheckpoint,
  type TrainingEvents,
  type TrainingFailure,
  type TrainingProgress,
  type TrainingResult,
  trainingFailure,
} from '../job/index.js';
import {
  type AssignmentKey,
  doneReport,
  failedReport,
  isGivenUp,
  lostReport,
  type Patience,
  patiently,
  progressReport,
  type ReportOutbox,
  type StudentMetrics,
  troubleOf,
} from '../session/index.js';
import { TargetCursor, TargetStream } from '../targets/index.js';
import { AwaitedPictures } from './awaited-pictures.js';
import { EventLog } from './event-log.js';
import { TrainingPictures } from './training-pictures.js';
import { type PreparedTraining, prepareTraining } from './training-preparation.js';

/** What every assignment of a worker uses. */
export interface TrainingSurroundings {
  readonly trainer: StudentTrainer;
  readonly client: StudentClient;
  readonly sessionCredentials: SessionCredentials;
  readonly nats: Nats;
  readonly stateDir: string;
  readonly datasetsRoot: string | undefined;
  /** Windows of pictures of sets in shards. */
  readonly windows: WorkerWindows;
  /** Folder for TensorBoard's event files; undefined: none are written. */
  readonly tensorboardDir: string | undefined;
  readonly outbox: ReportOutbox;
  readonly metrics: StudentMetrics;
  readonly log: Logger;
  readonly random: () => number;
}

type Stage = 'preparing' | 'training' | 'storing' | 'done' | 'failed' | 'lost';

/** The receivers of a job's events. */
interface TrainingEnds {
  /** Number of steps that were done before the job. */
  readonly step: number;
  readonly committer: CheckpointCommitter;
  readonly stream: TargetStream;
  readonly events: EventLog | undefined;
  readonly pictures: TrainingPictures | undefined;
  readonly resolve: (result: TrainingResult) => void;
  readonly reject: (reason: unknown) => void;
}

/** The job failed in the compute thread. */
class TrainingFailedError extends Error {
  readonly failure: TrainingFailure;

  constructor(failure: TrainingFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

export class AssignedTraining implements AssignmentKey {
  readonly runId: string;
  readonly assignmentEpoch: number;
  readonly #run: AssignedRun;
  readonly #surroundings: TrainingSurroundings;
  readonly #patience: Patience;
  readonly #store: CoordinatorStore;
  readonly #givenUp = new AbortController();
  readonly #onChange: () => void;
  readonly #awaited: AwaitedPictures;
  #stage: Stage = 'preparing';
  #over: Promise<void> = Promise.resolve();

  /** @param onChange - called when {@link lost} or {@link picturesAwaited} has changed. */
  constructor(run: AssignedRun, surroundings: TrainingSurroundings, onChange: () => void) {
    this.runId = run.runId;
    this.assignmentEpoch = run.assignmentEpoch;
    this.#run = run;
    this.#surroundings = surroundings;
    this.#onChange = onChange;
    this.#awaited = new AwaitedPictures(onChange);
    const { log, random } = surroundings;
    this.#patience = {
      signal: this.#givenUp.signal,
      log: log.child({ runId: run.runId, assignmentEpoch: run.assignmentEpoch }),
      random,
    };
    const { client, sessionCredentials } = surroundings;
    this.#store = new CoordinatorStore(client, sessionCredentials, this, this.#givenUp.signal);
  }

  /** True once the run turned out to belong to another worker. */
  get lost(): boolean {
    return this.#stage === 'lost';
  }

  /** Why the set's pictures cannot be read at this moment; undefined: they can, or nobody waits for them. */
  get picturesAwaited(): string | undefined {
    return this.#awaited.reason;
  }

  /** Starts the work, which goes on in the background. */
  begin(): void {
    this.#over = this.#work();
  }

  /** Gives the work up and frees the compute thread. Nothing is reported from here on. */
  async leave(): Promise<void> {
    this.#givenUp.abort();
    await this.#surroundings.trainer.abandon();
    await this.#over;
    this.#surroundings.outbox.forget();
    this.#surroundings.metrics.idle();
  }

  /** Saves the progress within `budgetMs`, then gives the rest up. Local files stay. */
  async drain(budgetMs: number): Promise<void> {
    const budget = new AbortController();
    const finished =
      this.#stage === 'training'
        ? this.#surroundings.trainer.drain()
        : this.#stage === 'storing'
          ? this.#over
          : Promise.resolve();
    const late = sleep(budgetMs, budget.signal).then(() => {
      if (!budget.signal.aborted) this.#patience.log.warn({ budgetMs }, 'drain cut short');
    });
    await Promise.race([finished, late]);
    budget.abort();
    this.#givenUp.abort();
    await this.#over;
  }

  async #work(): Promise<void> {
    const { outbox, nats, stateDir, datasetsRoot, windows } = this.#surroundings;
    const { log } = this.#patience;
    try {
      const prepared = await prepareTraining(this.#run, {
        nats,
        store: this.#store,
        stateDir,
        datasetsRoot,
        windows,
        awaited: this.#awaited,
        patience: this.#patience,
      });
      if (this.#givenUp.signal.aborted) return;
      this.#stage = 'training';
      log.info({ step: prepared.step }, 'training started');
      const result = await this.#train(prepared);
      this.#stage = 'storing';
      await this.#storeResults(result);
      outbox.setOutcome({ $case: 'done', done: doneReport(this, result) });
      this.#stage = 'done';
      log.info({ finalWeightsDigest: result.finalWeightsDigest }, 'training finished');
    } catch (err) {
      if (!isGivenUp(err, this.#givenUp.signal)) await this.#end(err);
    }
  }

  /** Runs the job. Resolves with its result; rejects as soon as any part of it fails. */
  async #train(prepared: PreparedTraining): Promise<TrainingResult> {
    const { client, sessionCredentials, tensorboardDir, trainer, windows } = this.#surroundings;
    const { job, step } = prepared;
    const over = new AbortController();
    const patience = {
      ...this.#patience,
      signal: AbortSignal.any([this.#givenUp.signal, over.signal]),
    };
    const cursor = new TargetCursor(job.specification.spec.training.batchSize, step);
    const stream = new TargetStream({
      client,
      sessionCredentials,
      assignment: { runId: this.runId, assignmentEpoch: this.assignmentEpoch },
      tensors: job.targetTensors,
      cursor,
      deliver: (block) => trainer.targets(block),
      patience,
    });
    const store = new CoordinatorStore(client, sessionCredentials, this, patience.signal);
    const committer = new CheckpointCommitter(store, patience, prepared.start);
    const { cut } = job;
    const pictures =
      cut && new TrainingPictures(windows, prepared.datasetDigest, patience, this.#awaited);
    const events =
      tensorboardDir === undefined
        ? undefined
        : new EventLog(tensorboardDir, this, job.specification, step, this.#patience.log);
    const ends = { step, committer, stream, events, pictures };
    try {
      return await new Promise<TrainingResult>((resolve, reject) => {
        this.#givenUp.signal.addEventListener('abort', () =>
          reject(new LyceumError('CANCELLED', 'training given up')),
        );
        if (job.targetTensors.length > 0) stream.run().catch(reject);
        trainer.train(job, this.#events({ ...ends, resolve, reject }));
      });
    } finally {
      over.abort();
      pictures?.close();
      await committer.cleaned();
      await events?.written();
    }
  }

  #events(ends: TrainingEnds): TrainingEvents {
    const { step, committer, stream, events, pictures, resolve, reject } = ends;
    const { outbox, metrics } = this.#surroundings;
    let before: TrainingProgress | undefined;
    return {
      pictures,
      wantTargets: (creditStep, doneStep) => stream.want(creditStep, doneStep),
      progress: (progress) => {
        metrics.progressed(before, progress, step);
        before = progress;
        events?.told(progress);
        outbox.setProgress(progressReport(this, progress, committer.committedStep));
      },
      checkpoint: (checkpoint) => {
        events?.told(checkpoint);
        return this.#commit(committer, checkpoint).catch(reject);
      },
      finished: resolve,
      failed: (failure) => reject(new TrainingFailedError(failure)),
    };
  }

  async #commit(committer: CheckpointCommitter, checkpoint: TrainingCheckpoint): Promise<void> {
    const startedAt = performance.now();
    await committer.commit(checkpoint);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.#surroundings.metrics.checkpointed(seconds);
    this.#patience.log.info({ step: checkpoint.step, seconds }, 'checkpoint committed');
  }

  async #storeResults(result: TrainingResult): Promise<void> {
    const store = (what: string, file: string, digest: string) =>
      patiently(what, this.#patience, () => this.#store.storeResult(file, digest));
    await store('model upload', result.modelFile, result.modelDigest);
    await store('logits upload', result.logitsFile, result.logitsDigest);
  }

  /** Ends the training before it is done. */
  async #end(thrown: unknown): Promise<void> {
    const { trainer, outbox, metrics } = this.#surroundings;
    const { log } = this.#patience;
    const isPreparing = this.#stage === 'preparing';
    await trainer.abandon();
    metrics.idle();
    if (thrown instanceof LyceumError && troubleOf(thrown) === 'lost') {
      this.#stage = 'lost';
      log.warn({ err: thrown }, 'training lost to another assignment');
      outbox.forget();
      outbox.setOutcome({ $case: 'failed', failed: lostReport(this, thrown.message) });
      this.#onChange();
      return;
    }
    this.#stage = 'failed';
    log.error({ err: thrown }, 'training failed');
    const failed = failedReport(this, failureOf(thrown, isPreparing));
    outbox.setOutcome({ $case: 'failed', failed });
  }
}

/**
 * A fault of the run fails on every worker; a fault of this worker may not. A set, model or plugin that this machine
 * cannot read may be readable on another.
 */
function failureOf(thrown: unknown, isPreparing: boolean): TrainingFailure {
  if (thrown instanceof TrainingFailedError) return thrown.failure;
  const { code } = toLyceumError(thrown);
  return {
    ...trainingFailure(thrown),
    retryable: isPreparing || code === 'INTERNAL' || code === 'RESOURCE_EXHAUSTED',
  };
}
