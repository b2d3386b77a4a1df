/**
 * One optimiser step of the student, as a pure function of tensors: a batch in, the step's figures out, and the state —
 * weights, moving averages of batch normalisation, optimiser variables — assigned.
 *
 * No value is read back, no branch depends on one, and whatever changes from step to step comes in as a tensor
 * (learning rate and dropout masks too), so that one call can be recorded as a graph for its batch shape. A
 * shorter last batch is a second shape, not a padded one: batch normalisation would count padding rows.
 *
 * Symbols: B rows of the batch, C classes, P trainable parameters.
 */
import { globalNorm, type Optimizer } from '@lyceum/learning/optimizers';
import type {
  DropoutMasks,
  Engine,
  ForwardPass,
  LayersModel,
  NamedTensorMap,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Variable,
} from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { FeatureLosses } from './feature-losses.js';
import type { Objective, TermLoss } from './objective.js';

/** Inputs that differ from step to step. Borrowed by {@link TrainStep.run}. */
export interface StepTensors {
  /** [B, …] in the model's input shape, as the batch gives them. */
  readonly inputs: Tensor;
  /** [B, C], one-hot; a row of zeros has no label. */
  readonly hardLabels: Tensor2D;
  /** Each [B, …] in its row's shape, by name: those of the objective and of the feature terms. */
  readonly targets: ReadonlyMap<string, Tensor>;
  /** One for each dropout layer. */
  readonly dropoutMasks: readonly Tensor[];
  readonly learningRate: Scalar;
}

export interface TrainStepParts {
  readonly engine: Engine;
  /** The model's weights are trained. */
  readonly model: LayersModel;
  /** The dropout masks of the model. */
  readonly dropout: DropoutMasks;
  /** Turns a batch's inputs into the model's inputs. */
  readonly seen: (inputs: Tensor) => Tensor;
  /** The model's forward pass, with the layers that `features` compares. */
  readonly forward: ForwardPass;
  readonly objective: Objective;
  /** Its regressors' variables are trained too. */
  readonly features: FeatureLosses;
  readonly optimizer: Optimizer;
}

/** A variable that steps change and checkpoints hold. */
export interface StateVariable {
  readonly name: string;
  readonly variable: Variable;
}

export class TrainStep {
  /** All variables that a step changes, in a fixed order: the model's weights, the regressors', the optimiser's. */
  readonly state: readonly StateVariable[];
  readonly #engine: Engine;
  readonly #model: LayersModel;
  readonly #seen: TrainStepParts['seen'];
  readonly #forward: ForwardPass;
  readonly #objective: Objective;
  readonly #features: FeatureLosses;
  readonly #optimizer: Optimizer;
  readonly #dropout: DropoutMasks;
  readonly #weights: LayersModel['trainableWeights'];
  readonly #trainable: readonly Variable[];
  readonly #optimizerState: readonly Variable[];

  /** @param parts - borrowed: {@link dispose} frees only what the step itself has made. */
  constructor(parts: TrainStepParts) {
    const { engine, model, dropout, seen, forward, objective, features, optimizer } = parts;
    const { tf } = engine;
    this.#seen = seen;
    this.#engine = engine;
    this.#model = model;
    this.#dropout = dropout;
    this.#forward = forward;
    this.#objective = objective;
    this.#features = features;
    this.#optimizer = optimizer;
    this.#weights = model.trainableWeights;
    const weights = this.#weights.map((weight) => weight.read() as Variable);
    this.#trainable = [...weights, ...features.variables.map(({ variable }) => variable)];
    const slots = optimizer.slots(
      this.#trainable.reduce((sum, variable) => sum + variable.size, 0),
    );
    this.#optimizerState = slots.map(({ shape, initial }) =>
      tf.tidy(() => tf.variable(tf.fill([...shape], initial), false)),
    );
    this.state = [
      ...model.weights.map((weight, index) => ({
        // The index makes the name unique, whatever a loaded model calls its layers.
        name: `weight/${index}/${weight.originalName}`,
        variable: weight.read() as Variable,
      })),
      ...features.variables,
      ...slots.map(({ name }, index) => ({
        name: `optimizer/${name}`,
        variable: this.#optimizerState[index] as Variable,
      })),
    ];
  }

  /**
   * @returns [2 + T], owned by the caller: the loss before the update, its gradient's norm before clipping, and for
   *   each of the run's T terms what it has added to the loss.
   */
  run(batch: StepTensors): Tensor1D {
    const { tf } = this.#engine;
    return tf.tidy(() => {
      const told: Tensor1D[] = [];
      const { value, grads } = tf.variableGrads(
        () => this.#loss(batch, (terms) => told.push(tf.keep(terms))),
        [...this.#trainable],
      );
      const gradients = this.#flat(this.#trainable.map((variable) => gradientOf(variable, grads)));
      const { parameters, state } = this.#optimizer.update(
        this.#flat(this.#trainable),
        gradients,
        this.#optimizerState,
        batch.learningRate,
      );
      this.#assignParameters(parameters);
      for (const [index, variable] of this.#optimizerState.entries()) {
        variable.assign(state[index] as Tensor);
      }
      const figures = tf.concat1d([value.as1D(), globalNorm(tf, gradients).as1D(), ...told]);
      tf.dispose(told);
      return figures;
    });
  }

  /** Disposes the optimiser's variables; the model belongs to its owner. */
  dispose(): void {
    for (const variable of this.#optimizerState) variable.dispose();
  }

  /** @param tell - gets what each term adds, [T]; a term that is left out adds 0. */
  #loss(
    { inputs, hardLabels, targets, dropoutMasks }: StepTensors,
    tell: (terms: Tensor1D) => void,
  ): Scalar {
    const { tf } = this.#engine;
    const { output, features } = this.#dropout.use(dropoutMasks, () =>
      this.#forward.apply(this.#seen(inputs), { training: true }),
    );
    const answered = this.#objective.losses(output as Tensor2D, hardLabels, targets);
    // Before the features' losses: a graph sums in the order in which operations were added.
    const objective = tf.addN(answered.map(({ loss }) => loss));
    const guided = this.#features.losses(features, targets);
    tell(this.#byTerm([...answered, ...guided]));
    return tf.addN([
      objective,
      ...guided.map(({ loss }) => loss),
      // Losses that a loaded model's layers bring along: regularisers of their weights.
      ...this.#model.calculateLosses(),
    ]);
  }

  /** Sums the losses of each term, [T]. */
  #byTerm(losses: readonly TermLoss[]): Tensor1D {
    const { tf } = this.#engine;
    const sums = Array.from({ length: this.#objective.termCount }, (_, index) => {
      const own = losses.filter((one) => one.index === index).map(({ loss }) => loss);
      // Not addN: a graph would merge it with the sum of the whole loss, in another order.
      return own.length > 0 ? tf.sum<Scalar>(tf.stack(own)) : tf.scalar(0);
    });
    return tf.stack(sums) as Tensor1D;
  }

  /** All values in one vector [P], in the order of the trainable weights. */
  #flat(tensors: readonly Tensor[]): Tensor1D {
    const { tf } = this.#engine;
    return tf.concat1d(
      tensors.map((tensor) =>
        tensor.rank === 1 ? (tensor as Tensor1D) : tf.reshape(tensor, [tensor.size]),
      ),
    );
  }

  #assignParameters(parameters: Tensor1D): void {
    const { tf } = this.#engine;
    const parts = tf.split(
      parameters,
      this.#trainable.map((variable) => variable.size),
    );
    for (const [index, weight] of this.#weights.entries()) {
      const shape = weight.shape as number[];
      const part = parts[index] as Tensor;
      // Written through the layer, which applies a loaded model's constraint on the weight.
      weight.write(shape.length === 1 ? part : tf.reshape(part, shape));
    }
    for (const [index, { variable }] of this.#features.variables.entries()) {
      variable.assign(tf.reshape(parts[this.#weights.length + index] as Tensor, variable.shape));
    }
  }
}

function gradientOf(variable: Variable, gradients: NamedTensorMap): Tensor {
  const gradient = gradients[variable.name];
  if (gradient === undefined) {
    const message = `weight ${variable.name} of the student has no part in its output; it cannot be trained`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return gradient;
}
