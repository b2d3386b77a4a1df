/**
 * Trains the student of one assignment: takes every step in order, validates, selects, writes checkpoints, and in the
 * end evaluates the selected weights.
 *
 * After step s, always in this order: validation if s is due or the last, checkpoint if s is due or the last. So a
 * checkpoint holds the selection up to its step, and a run that is stopped after any of them and resumed takes the
 * same steps on the same bits as one that never stopped. The event loop runs after every step; stopping takes effect
 * there, and between two batches of an evaluation.
 */
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { NUMERICS_VERSION } from '@lyceum/learning/arrays';
import { SPLIT_NAMES, type SplitName } from '@lyceum/learning/datasets';
import { writeDurably } from '@lyceum/learning/files';
import { StepHistory, summedColumns, validationSums } from '@lyceum/learning/history';
import { learningRate } from '@lyceum/learning/learning-rates';
import { specificationDigest } from '@lyceum/learning/specification';
import type { Engine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type {
  Stop,
  StudentNews,
  TargetBlock,
  TrainingJob,
  TrainingResult,
  Validation,
} from '../../job/index.js';
import { type Batch, Evaluation } from '../student/index.js';
import { type Checkpoint, packCheckpoint, type Selected } from './checkpoint-file.js';
import { Course } from './course.js';
import { openTraining, type TrainingParts } from './open-training.js';
import { NO_SECONDS, ProgressPace, StepLog, Stopwatch } from './progress/index.js';
import { isBetter, validationSteps } from './selection.js';
import { StepLedger } from './step-ledger.js';
import { TargetSupply } from './target-supply.js';
import { writeResult } from './training-result.js';

export interface TrainerOptions {
  readonly engine: Engine;
  readonly job: TrainingJob;
  readonly news: StudentNews;
  /** True: steps run operation by operation, not as one graph. */
  readonly eager: boolean;
  /** Milliseconds that never fall. */
  readonly now: () => number;
}

export class Trainer {
  readonly #parts: TrainingParts;
  readonly #eager: boolean;
  readonly #news: StudentNews;
  readonly #now: () => number;
  readonly #supply: TargetSupply;
  readonly #evaluation: Evaluation;
  readonly #log: StepLog;
  readonly #ledger: StepLedger;
  readonly #stopwatch: Stopwatch;
  readonly #pace: ProgressPace;
  readonly #firstSamples: number;
  /** Steps between two validations. */
  readonly #validationSteps: number;
  /** Steps taken. */
  #step: number;
  #samples = 0;
  #best: Selected | undefined;
  #checkpointedStep: number;
  /** Step of this job's last checkpoint that the coordinator took: it has the history up to there. */
  #takenStep = 0;
  readonly #course = new Course();

  /** @throws {LyceumError} if set, model or checkpoint cannot be read, or do not belong together. */
  static async open(options: TrainerOptions): Promise<Trainer> {
    const { engine, job, news } = options;
    return new Trainer(await openTraining(engine, job, news), options);
  }

  private constructor(parts: TrainingParts, { news, eager, now }: TrainerOptions) {
    const { engine, job, dataset, windows, batches, student, resumed } = parts;
    this.#parts = parts;
    this.#eager = eager;
    this.#news = news;
    this.#now = now;
    const firstStep = resumed?.step ?? 0;
    this.#firstSamples = resumed?.samples ?? 0;
    this.#validationSteps = validationSteps(job.specification, dataset);
    this.#step = firstStep;
    this.#checkpointedStep = firstStep;
    this.#best = resumed?.best;
    this.#supply = new TargetSupply(job, batches.plan, firstStep, news);
    this.#evaluation = new Evaluation(engine, student, dataset, windows, (reason) =>
      news.untraced('evaluation', reason),
    );
    this.#ledger = new StepLedger(resumed?.ledger ?? [], job.assignmentEpoch, firstStep);
    this.#stopwatch = new Stopwatch(now, resumed ?? NO_SECONDS);
    const history = new StepHistory(summedColumns(job.specification).length);
    if (resumed !== undefined) history.put(resumed.history);
    this.#log = new StepLog(engine, history, this.#stopwatch);
    this.#pace = new ProgressPace(now);
  }

  /**
   * Trains to the end.
   *
   * @returns undefined if stopped before.
   * @throws {LyceumError} the reason why the run cannot go on.
   */
  async run(): Promise<TrainingResult | undefined> {
    const { plan } = this.#parts.batches;
    this.#supply.ask(this.#step);
    const course = this.#course;
    while (this.#step < plan.stepCount && !course.isStopped) {
      await this.#takeStep();
      await yieldToEventLoop();
      course.check();
    }
    const unsaved = this.#step > this.#checkpointedStep;
    if (course.isStopped && !course.isAbandoned && unsaved) await this.#writeCheckpoint();
    course.check();
    return !course.isStopped ? this.#finish() : undefined;
  }

  /** Stores target rows that came. @throws {LyceumError} if they are not what was asked for. */
  receive(block: TargetBlock): void {
    if (block.tensors.length === 0) this.#stopwatch.start();
    else this.#supply.receive(block);
  }

  /** Ends {@link run} after the step in hand; `abandon` wins over `drain`. */
  stop(how: Stop): void {
    this.#course.stop(how);
    this.#supply.wake();
  }

  /** Ends {@link run} with this error after the step in hand. */
  fail(failure: LyceumError): void {
    this.#course.fail(failure);
    this.#supply.wake();
  }

  dispose(): void {
    this.#log.dispose();
    this.#evaluation.dispose();
    this.#parts.batches.close();
    this.#parts.student.dispose();
  }

  async #takeStep(): Promise<void> {
    const { batches, student, job } = this.#parts;
    const { stepCount, stepsPerEpoch } = batches.plan;
    if (!(await this.#arePicturesHere())) return;
    const batch = batches.batch(this.#step);
    const targets = await this.#targets();
    if (targets === undefined) return;
    this.#stopwatch.start();
    if (this.#samples === 0) this.#trace(batch, targets);
    const { training } = job.specification.spec;
    const rate = learningRate(training.learningRate, this.#step, stepCount);
    const figures = this.#supply.takeFigures(this.#step);
    this.#log.add(student.step(batch, targets, rate), rate, batch.rows, figures);
    this.#ledger.add(targets);
    this.#step++;
    this.#samples += batch.rows;
    this.#supply.ask(this.#step);

    const last = this.#step === stepCount;
    const validates = last || this.#step % this.#validationSteps === 0;
    const validation = validates ? await this.#validate() : undefined;
    if (this.#course.isAbandoned) return;
    if (last || this.#step % training.checkpointEverySteps === 0) await this.#writeCheckpoint();
    this.#report(rate, validation, this.#step % stepsPerEpoch === 0);
  }

  #trace(batch: Batch, targets: ReadonlyMap<string, Float32Array>): void {
    const { batches, student } = this.#parts;
    const reason = this.#eager
      ? 'the worker was started with --eager (LYCEUM_EAGER)'
      : student.trace(batch, targets, batches.rowCounts);
    if (reason !== undefined) this.#news.untraced('steps', reason);
  }

  /** Waits for the pictures of the next step. False: stopping came first. */
  async #arePicturesHere(): Promise<boolean> {
    const awaited = this.#parts.batches.awaited(this.#step);
    if (awaited === undefined) return true;
    await this.#stopwatch.waitingForData(() => Promise.race([awaited, this.#course.halted]));
    return this.#course.goesOn;
  }

  /** The targets of the next step; undefined if stopping came first. */
  async #targets(): Promise<ReadonlyMap<string, Float32Array> | undefined> {
    const ready = this.#supply.take(this.#step);
    if (ready !== undefined) return ready;
    // The trainer is idle: the coordinator must know how far it is, since a quorum's deadline begins then.
    this.#supply.ask(this.#step, true);
    const { batches } = this.#parts;
    const next = this.#step + 1;
    if (next < batches.plan.stepCount && batches.awaited(next) === undefined) batches.batch(next);
    return this.#stopwatch.waiting(() => this.#supply.await(this.#step, () => this.#course.goesOn));
  }

  async #validate(): Promise<Validation | undefined> {
    this.#log.check();
    // The evaluation may need the memory. The next step opens its window again.
    this.#parts.batches.close();
    const validation = await this.#evaluation.validate(this.#step, () => this.#course.isAbandoned);
    if (validation === undefined) return undefined;
    if (!Number.isFinite(validation.nll)) {
      const message = `after step ${this.#step} the student's outputs on the validation split are not finite`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    const { student, job } = this.#parts;
    this.#log.history.addToNewest(validationSums(job.specification, validation));
    const { metric } = job.specification.spec.selection;
    if (isBetter(metric, validation, this.#best?.validation)) {
      this.#best = { validation, weights: student.weights() };
    }
    return validation;
  }

  /**
   * Waits until the checkpoint is on disk and the pointer names it. A death may cost `checkpointEverySteps` steps at
   * most: steps that went on meanwhile would be lost in addition to those since the checkpoint before.
   */
  async #writeCheckpoint(): Promise<void> {
    this.#log.check();
    const { job, dataset, student } = this.#parts;
    const checkpoint: Checkpoint = {
      specificationDigest: specificationDigest(job.specification),
      datasetDigest: dataset.digest,
      teacherIdentities: job.teacherIdentities,
      numericsVersion: NUMERICS_VERSION,
      step: this.#step,
      ...this.#stopwatch.run,
      samples: this.#firstSamples + this.#samples,
      state: student.state(),
      best: this.#best,
      ledger: this.#ledger.segments(),
      history: this.#log.history.from(0),
    };
    this.#checkpointedStep = this.#step;
    const packed = packCheckpoint(job.outputFolder, checkpoint);
    const written = writeDurably(packed.file, packed.bytes);
    const history = this.#log.history.from(this.#takenStep);
    const taken = Promise.all([written, this.#news.checkpoint({ ...packed, history })]).then(
      () => {
        this.#takenStep = checkpoint.step;
      },
      (err: LyceumError) => this.fail(err),
    );
    // If the job is abandoned, nobody takes the checkpoint any more; but nothing may be written after the job has
    // ended.
    await Promise.race([taken, this.#course.abandoned]);
    await written.catch(() => {});
  }

  #report(rate: number, validation: Validation | undefined, epochEnded: boolean): void {
    const { batches } = this.#parts;
    const last = this.#step === batches.plan.stepCount;
    if (!this.#pace.due(epochEnded, validation !== undefined || last)) return;
    this.#news.progress({
      step: this.#step,
      epoch: Math.floor((this.#step - 1) / batches.plan.stepsPerEpoch),
      loss: this.#log.takeMean(),
      learningRate: rate,
      ...this.#stopwatch.assignment,
      samples: this.#samples,
      ...(validation && { validation }),
      history: this.#log.history.from(this.#takenStep),
    });
  }

  /** Scores the test split, once, with the selected weights. */
  async #finish(): Promise<TrainingResult | undefined> {
    const { student, engine, job, dataset, batches } = this.#parts;
    batches.close();
    const finalWeightsDigest = student.weightsDigest();
    if (this.#best !== undefined) student.setWeights(this.#best.weights);
    const logits = new Map<SplitName, Float32Array>();
    for (const split of SPLIT_NAMES) {
      const measured = await this.#evaluation.logits(split, () => this.#course.isStopped);
      if (measured === undefined) return undefined;
      logits.set(split, measured);
    }
    const files = await writeResult(engine, job.outputFolder, student, logits, dataset);
    const parameterCount = student.model.countParams();
    return {
      ...files,
      finalWeightsDigest,
      measurement: {
        parameterCount,
        weightBytes: 4 * parameterCount,
        latencyBatch1Ms: this.#evaluation.latencyBatch1Ms(this.#now),
        ...this.#stopwatch.run,
        samples: this.#firstSamples + this.#samples,
      },
      selectedStep: this.#best?.validation.step ?? this.#step,
      ...(this.#best && { selectedValidation: this.#best.validation }),
    };
  }
}
