/**
 * Runs the student's steps: as one graph if it gives the same bits as {@link TrainStep}, else operation by operation.
 *
 * The newest state is in the step's variables or in the graph. Call {@link StepRunner.settle} before you read the
 * variables, and {@link StepRunner.changed} after you assigned them; nothing is copied otherwise.
 */
import {
  type Engine,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  TracedStep,
  traceStep,
} from '@lyceum/learning/tensorflow';
import type { StepTensors, TrainStep } from './train-step.js';

export class StepRunner {
  readonly #engine: Engine;
  readonly #step: TrainStep;
  #graph: TracedStep | undefined;
  /** Where the newest state is. */
  #newest: 'variables' | 'graph' | 'both' = 'variables';

  /** @param step - borrowed. */
  constructor(engine: Engine, step: TrainStep) {
    this.#engine = engine;
    this.#step = step;
  }

  /**
   * Makes a graph for batches of these numbers of rows. Takes no step.
   *
   * @param examples - with real values, of different numbers of rows. Borrowed.
   * @returns why there is no graph; steps then run as before.
   */
  trace(examples: readonly StepTensors[]): string | undefined {
    this.settle();
    this.#graph?.dispose();
    this.#graph = undefined;
    this.#newest = 'variables';
    const calls = examples.map((batch) => [
      callName(batch),
      { fn: (inputs: NamedTensorMap) => this.#step.run(stepTensors(inputs)), inputs: named(batch) },
    ]);
    const variables = this.#step.state.map(({ variable }) => variable);
    const traced = traceStep(this.#engine, Object.fromEntries(calls), variables);
    if (!(traced instanceof TracedStep)) return traced.reason;
    this.#graph = traced;
    this.#newest = 'both';
    return undefined;
  }

  /** @returns as {@link TrainStep.run}. */
  run(batch: StepTensors): Tensor1D {
    const graph = this.#graph;
    if (graph === undefined) return this.#step.run(batch);
    if (this.#newest === 'variables') {
      graph.writeState(this.#step.state.map(({ variable }) => variable));
    }
    this.#newest = 'graph';
    return graph.run(callName(batch), named(batch)) as Tensor1D;
  }

  /** Copies the newest state into the variables. */
  settle(): void {
    if (this.#graph === undefined || this.#newest !== 'graph') return;
    const values = this.#graph.readState();
    for (const [index, { variable }] of this.#step.state.entries()) {
      variable.assign(values[index] as Tensor);
    }
    this.#engine.tf.dispose(values);
    this.#newest = 'both';
  }

  /** Call it after the variables were assigned. They must have been settled before. */
  changed(): void {
    this.#newest = 'variables';
  }

  dispose(): void {
    this.#graph?.dispose();
    this.#graph = undefined;
  }
}

const TARGET = 'target:';
const MASK = 'mask:';

/** The name of the graph call for the batch's number of rows: all other sizes are the same in the whole run. */
function callName({ inputs }: StepTensors): string {
  return `${inputs.shape[0]} rows`;
}

function named(batch: StepTensors): NamedTensorMap {
  const { inputs, hardLabels, learningRate } = batch;
  const tensors: NamedTensorMap = { inputs, hardLabels, learningRate };
  for (const [name, target] of batch.targets) tensors[`${TARGET}${name}`] = target;
  for (const [index, mask] of batch.dropoutMasks.entries()) tensors[`${MASK}${index}`] = mask;
  return tensors;
}

function stepTensors(tensors: NamedTensorMap): StepTensors {
  const entries = Object.entries(tensors);
  const targets = entries.filter(([name]) => name.startsWith(TARGET));
  return {
    inputs: tensors['inputs'] as Tensor,
    hardLabels: tensors['hardLabels'] as Tensor2D,
    learningRate: tensors['learningRate'] as Scalar,
    targets: new Map(targets.map(([name, t]) => [name.slice(TARGET.length), t])),
    dropoutMasks: entries.filter(([name]) => name.startsWith(MASK)).map(([, mask]) => mask),
  };
}
