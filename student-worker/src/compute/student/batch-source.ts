/**
 * The batches of a run, by step: their samples, inputs and labels. Equal on every worker.
 *
 * Two batches are kept, in memory that is reused: the present one, and the next, which is prepared while targets are
 * awaited. Pictures of a set in shards are read before: see {@link BatchSource.awaited}.
 *
 * Symbols: B rows of the batch, C classes.
 */
import { type Dataset, splitSamples } from '@lyceum/learning/datasets';
import {
  batchSpan,
  labelledMask,
  orderedSamples,
  type StepPlan,
  stepPlan,
} from '@lyceum/learning/orders';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  readInputs,
  readsBytes,
  viewAt,
  viewSamples,
  writeHardLabels,
} from '@lyceum/learning/views';
import { elementCount } from '@lyceum/proto';
import type { OrderCut } from '../../job/index.js';
import { BatchWindows } from './batch-windows.js';
import type { SampleWindows } from './sample-windows.js';

export interface Batch {
  readonly step: number;
  /** B; the last batch of an epoch may be shorter. */
  readonly rows: number;
  /** [B, ...sampleShape], real values, or 255 times them in bytes. Valid until the step after the next is prepared. */
  readonly inputs: Float32Array | Uint8Array;
  /**
   * [B, C], one-hot; a row of zeros has no label. A mixed sample has each label's share, so its row sums to less than
   * 1 if only one of the two has a label.
   */
  readonly hardLabels: Float32Array;
}

export class BatchSource {
  readonly plan: StepPlan;
  readonly #dataset: Dataset;
  readonly #specification: RunSpecification;
  /** Samples of the rows, in order. */
  readonly #samples: Uint32Array;
  readonly #labelled: Uint8Array;
  readonly #sampleSize: number;
  readonly #slots: [Slot, Slot];
  readonly #blockPositions: number | undefined;
  /** Windows of pictures of a set in shards. */
  readonly #windows: BatchWindows | undefined;

  /**
   * A distillation visits the whole train split; training without teachers visits only its labelled samples.
   *
   * @param shards - for a set in shards: reads its pictures, and says how its order is cut.
   * @throws {LyceumError} FAILED_PRECONDITION if no sample can be visited; InvalidDocumentError if too few have
   *   labels.
   */
  constructor(
    dataset: Dataset,
    specification: RunSpecification,
    shards?: { readonly windows: SampleWindows; readonly cut: OrderCut },
  ) {
    const { labels, training } = specification.spec;
    this.#dataset = dataset;
    this.#specification = specification;
    this.#labelled = labelledMask(dataset, labels);
    this.#sampleSize = elementCount(dataset.sampleShape);
    const train = splitSamples(dataset, 'train');
    this.#samples =
      specification.kind === 'Training'
        ? train.filter((sample) => this.#labelled[sample] === 1)
        : train;
    const { batchSize, epochs, steps } = training;
    this.plan = stepPlan({ sampleCount: this.#samples.length, batchSize, epochs, steps });
    this.#slots = [this.#newSlot(), this.#newSlot()];
    this.#blockPositions = shards?.cut.blockPositions;
    this.#windows = shards && this.#batchWindows(shards.windows, shards.cut);
  }

  /** Rows of a batch: two counts at most, since an epoch's last batch may be smaller. */
  get rowCounts(): number[] {
    const { batchSize, sampleCount, stepsPerEpoch } = this.plan;
    const last = sampleCount - (stepsPerEpoch - 1) * batchSize;
    return [...new Set([Math.min(batchSize, sampleCount), last])];
  }

  /** Must be awaited before the step's batch is asked for; undefined: nothing to await, as for any set in one file. */
  awaited(step: number): Promise<void> | undefined {
    return this.#windows?.awaited(step);
  }

  /** Closes the windows of a set in shards. */
  close(): void {
    this.#windows?.close();
  }

  /** The batch of a step; computed unless it is one of the two that are kept. */
  batch(step: number): Batch {
    const slot = this.#slots[step % 2] as Slot;
    if (slot.batch?.step !== step) slot.batch = this.#assemble(step, slot);
    return slot.batch;
  }

  #newSlot(): Slot {
    const rows = Math.min(this.plan.batchSize, this.plan.sampleCount);
    const length = rows * this.#sampleSize;
    const isBytes = readsBytes(this.#dataset, viewAt(this.#specification.spec.views, 0));
    return {
      inputs: isBytes ? new Uint8Array(length) : new Float32Array(length),
      hardLabels: new Float32Array(rows * this.#dataset.classCount),
      batch: undefined,
    };
  }

  #assemble(step: number, slot: Slot): Batch {
    const { epoch, firstPosition, positionCount } = batchSpan(this.plan, step);
    const samples = this.#samplesAt(epoch, firstPosition, positionCount);
    const view = viewAt(this.#specification.spec.views, epoch);
    const dataset = this.#windows?.dataset(step) ?? this.#dataset;
    readInputs(dataset, samples, view, slot.inputs);
    writeHardLabels(dataset, this.#labelled, samples, view, slot.hardLabels);
    return {
      step,
      rows: positionCount,
      inputs: slot.inputs.subarray(0, positionCount * this.#sampleSize),
      hardLabels: slot.hardLabels.subarray(0, positionCount * this.#dataset.classCount),
    };
  }

  #samplesAt(epoch: number, firstPosition: number, positionCount: number): Uint32Array {
    const { seed } = this.#specification.spec.training;
    const blockPositions = this.#blockPositions;
    const order = { seed, epoch, ...(blockPositions !== undefined && { blockPositions }) };
    const { chunkEnds } = this.#dataset;
    return orderedSamples(this.#samples, chunkEnds, order, firstPosition, positionCount);
  }

  #batchWindows(windows: SampleWindows, cut: OrderCut): BatchWindows {
    const { plan } = this;
    const { batchSize } = plan;
    const batchBytes = batchSize * this.#sampleSize;
    return new BatchWindows(windows, {
      plan,
      windowSteps: Math.max(1, Math.floor(cut.windowBytes / batchBytes)),
      spanSteps: Math.max(1, Math.floor(cut.spanPositions / batchSize)),
      samplesOf: (firstStep, stepCount) => {
        const { epoch, firstPosition } = batchSpan(plan, firstStep);
        const last = batchSpan(plan, firstStep + stepCount - 1);
        const positionCount = last.firstPosition + last.positionCount - firstPosition;
        const samples = this.#samplesAt(epoch, firstPosition, positionCount);
        return viewSamples(this.#dataset, samples, viewAt(this.#specification.spec.views, epoch));
      },
    });
  }
}

interface Slot {
  readonly inputs: Float32Array | Uint8Array;
  readonly hardLabels: Float32Array;
  batch: Batch | undefined;
}
