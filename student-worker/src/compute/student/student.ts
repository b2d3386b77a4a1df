/**
 * The student in training: its model, and all that a step changes. Callers see plain arrays.
 *
 * Owns its tensors; {@link Student.dispose} ends them all.
 */
import { createHash } from 'node:crypto';
import type { Dataset } from '@lyceum/learning/datasets';
import { type TargetTensor, targetRowShape } from '@lyceum/learning/ensemble';
import type { ModelPackage } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { runOptimizer } from '@lyceum/learning/optimizers';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  concreteShape,
  DropoutMasks,
  type Engine,
  type FedValues,
  fedTensor,
  forwardPass,
  type LayersModel,
  modelSampleShape,
  realValues,
  scaled,
  type Tensor1D,
  trainBatchNormalizations,
  type Variable,
} from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import {
  FeatureLosses,
  type FeatureShapes,
  guidedLayers,
  runObjective,
  StepRunner,
  type StepTensors,
  TrainStep,
} from '../step/index.js';
import type { Batch } from './batch-source.js';
import { checkStartModel, startModel } from './start-model.js';

/** Learning rate of the steps that compare the graph; any value that moves the weights would do. */
const EXAMPLE_RATE = 0.01;

/** One variable's value. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export class Student {
  /** Call {@link Student.settle} before you read its weights. */
  readonly model: LayersModel;
  readonly settings: ModelSettings;
  /** Targets that a step needs, in addition to the features that the student was opened for. */
  readonly targets: readonly TargetTensor[];
  readonly #engine: Engine;
  readonly #dropout: DropoutMasks;
  readonly #features: FeatureLosses;
  /** Shape of a row of each target, by name. */
  readonly #rowShapes: ReadonlyMap<string, readonly number[]>;
  readonly #step: TrainStep;
  readonly #runner: StepRunner;
  readonly #seed: number;
  readonly #inputShape: readonly number[];
  readonly #classCount: number;

  /**
   * @param start - the model to start from; absent for a built-in architecture.
   * @param featureShapes - of the targets with teachers' features.
   * @throws {LyceumError} INVALID_ARGUMENT if the model cannot be trained on these samples, or with these features.
   */
  static async open(
    engine: Engine,
    specification: RunSpecification,
    dataset: Dataset,
    start: ModelPackage | undefined,
    featureShapes: FeatureShapes = new Map(),
  ): Promise<Student> {
    const { settings, model } = await startModel(engine, specification, dataset, start);
    try {
      checkStartModel(model, settings, dataset);
      return new Student(engine, model, settings, specification, dataset, featureShapes);
    } catch (err) {
      model.dispose();
      throw err;
    }
  }

  private constructor(
    engine: Engine,
    model: LayersModel,
    settings: ModelSettings,
    specification: RunSpecification,
    dataset: Dataset,
    featureShapes: FeatureShapes,
  ) {
    const { training } = specification.spec;
    const forward = forwardPass(engine, model, guidedLayers(specification));
    const objective = runObjective(engine.tf, specification);
    this.#engine = engine;
    this.model = model;
    this.settings = settings;
    this.targets = objective.targets;
    trainBatchNormalizations(model);
    this.#dropout = new DropoutMasks(model);
    this.#rowShapes = new Map([
      ...featureShapes,
      ...objective.targets.map(
        (target) => [target.name, targetRowShape(target, dataset.classCount)] as const,
      ),
    ]);
    this.#features = new FeatureLosses(
      engine.tf,
      specification,
      forward.featureShapes,
      featureShapes,
    );
    this.#step = new TrainStep({
      engine,
      model,
      seen: (inputs) => scaled(realValues(engine, inputs), settings),
      dropout: this.#dropout,
      forward,
      objective,
      features: this.#features,
      optimizer: runOptimizer(engine.tf, training),
    });
    this.#runner = new StepRunner(engine, this.#step);
    this.#seed = training.seed;
    this.#inputShape = concreteShape(modelSampleShape(model), dataset.sampleShape);
    this.#classCount = dataset.classCount;
  }

  /**
   * Runs steps of these numbers of rows as one graph from here on, if that gives the same bits. Takes no step.
   *
   * @param batch - an example, with its `targets`; its rows are cut or repeated for the other numbers of rows.
   * @returns why steps still run operation by operation; undefined: they run as a graph.
   */
  trace(
    batch: Batch,
    targets: ReadonlyMap<string, Float32Array>,
    rowCounts: readonly number[],
  ): string | undefined {
    const { tf } = this.#engine;
    let reason: string | undefined;
    tf.tidy(() => {
      const examples = rowCounts.map((rows) => {
        const resized = <T extends FedValues>(values: T) => withRows(values, batch.rows, rows);
        const { inputs, hardLabels, step } = batch;
        return this.#tensors(
          { step, rows, inputs: resized(inputs), hardLabels: resized(hardLabels) },
          new Map([...targets].map(([name, values]) => [name, resized(values)])),
          EXAMPLE_RATE,
        );
      });
      reason = this.#runner.trace(examples);
    });
    return reason;
  }

  /**
   * One optimiser step. The arrays are read before it returns.
   *
   * @param targets - [B, …] each, in its row's shape.
   * @returns as `TrainStep.run`; owned by the caller, and perhaps not computed yet.
   */
  step(batch: Batch, targets: ReadonlyMap<string, Float32Array>, learningRate: number): Tensor1D {
    const { tf } = this.#engine;
    return tf.tidy(() => this.#runner.run(this.#tensors(batch, targets, learningRate)));
  }

  /** A copy of every variable that steps change, by name. */
  state(): Map<string, StoredTensor> {
    this.settle();
    return new Map(
      this.#step.state.map(({ name, variable }) => [
        name,
        { shape: variable.shape, values: (variable.dataSync() as Float32Array).slice() },
      ]),
    );
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the state is of another student or optimiser. */
  restore(state: ReadonlyMap<string, StoredTensor>): void {
    const want = this.#step.state;
    const fits = want.every(
      ({ name, variable }) => String(state.get(name)?.shape) === String(variable.shape),
    );
    if (!fits || state.size !== want.length) {
      const message = 'the checkpoint is of another student or optimiser than the run has';
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    const { tf } = this.#engine;
    tf.tidy(() => {
      for (const { name, variable } of want) {
        variable.assign(tf.tensor((state.get(name) as StoredTensor).values, variable.shape));
      }
    });
    this.#runner.changed();
  }

  /** A copy of the model's weights, in its order. */
  weights(): Float32Array[] {
    this.settle();
    return this.model.weights.map((weight) => (weight.read().dataSync() as Float32Array).slice());
  }

  setWeights(weights: readonly Float32Array[]): void {
    const { tf } = this.#engine;
    this.settle();
    tf.tidy(() => {
      for (const [index, weight] of this.model.weights.entries()) {
        const variable = weight.read() as Variable;
        variable.assign(tf.tensor(weights[index] as Float32Array, variable.shape));
      }
    });
    this.#runner.changed();
  }

  /** SHA-256, hex, over all weights in the model's order, little-endian float32. */
  weightsDigest(): string {
    const hash = createHash('sha256');
    for (const values of this.weights()) {
      hash.update(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
    return hash.digest('hex');
  }

  /** Copies the newest weights into the model. */
  settle(): void {
    this.#runner.settle();
  }

  dispose(): void {
    this.#runner.dispose();
    this.#step.dispose();
    this.#features.dispose();
    this.model.dispose();
  }

  /** The tensors belong to the caller's tidy. */
  #tensors(
    batch: Batch,
    targets: ReadonlyMap<string, Float32Array>,
    learningRate: number,
  ): StepTensors {
    const { tf } = this.#engine;
    const { rows } = batch;
    const masks = this.#dropout.draw(this.#seed, batch.step, rows);
    const shapes = this.#dropout.shapes(rows);
    const rowShape: [number, number] = [rows, this.#classCount];
    return {
      inputs: fedTensor(this.#engine, batch.inputs, [rows, ...this.#inputShape]),
      hardLabels: tf.tensor2d(batch.hardLabels, rowShape),
      targets: new Map(
        [...targets].map(([name, values]) => {
          const rowShape = this.#rowShapes.get(name) as readonly number[];
          return [name, tf.tensor(values, [rows, ...rowShape])];
        }),
      ),
      dropoutMasks: masks.map((mask, index) => tf.tensor(mask, shapes[index])),
      learningRate: tf.scalar(learningRate),
    };
  }
}

/** The first `count` rows; if there are fewer, they repeat from the first on. */
function withRows<T extends FedValues>(values: T, rows: number, count: number): T {
  const size = values.length / rows;
  const out = new (values.constructor as new (length: number) => T)(count * size);
  for (let i = 0; i < out.length; i++) out[i] = values[i % values.length] as number;
  return out;
}
