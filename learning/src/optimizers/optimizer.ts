/**
 * The optimisers, as pure functions of tensors: parameters, gradients, state and learning rate in, parameters
 * and state out. No JavaScript number changes from step to step, so an update can be recorded as a graph and
 * resumed to the bit.
 *
 * All trainable weights are one vector θ [P], in the model's order: an update is a dozen operations whatever the
 * number of layers, and the global norm is one of them. Inputs are borrowed; results belong to the caller's tidy.
 *
 * Symbols: θ parameters, g gradients, η learning rate (scalar tensor), λ weight decay, all [P] unless said.
 */
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs';
import type { z } from 'zod';
import type { Tf } from '../tensorflow/engine/index.js';

/** An optimiser is one file with one of these, and one line in table.ts. */
export interface NamedOptimizer<Own extends z.ZodRawShape> {
  /** The name that a run writes. */
  readonly name: string;
  /** The optimiser in words, for people. */
  readonly text: string;
  /** Fields of `spec.training` that only this optimiser has. They are optional, since other optimisers lack them. */
  readonly settings: Own;
  /** Values of these fields if a run does not write them. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  create(tf: Tf, settings: OwnSettings<Own>): Optimizer;
}

type OwnSettings<Own extends z.ZodRawShape> = z.output<z.ZodObject<Own>> & {
  readonly weightDecay: number;
};

/** A variable of the optimiser: its name in checkpoints, and its value before the first step. */
interface OptimizerSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: number;
}

interface Update {
  readonly parameters: Tensor1D;
  /** In the order of {@link Optimizer.slots}. */
  readonly state: readonly Tensor[];
}

export interface Optimizer {
  slots(parameterCount: number): readonly OptimizerSlot[];
  update(
    parameters: Tensor1D,
    gradients: Tensor1D,
    state: readonly Tensor[],
    learningRate: Scalar,
  ): Update;
}

/** `direction + λθ`. */
export function decayed(direction: Tensor1D, parameters: Tensor1D, weightDecay: number): Tensor1D {
  return weightDecay === 0 ? direction : direction.add(parameters.mul(weightDecay));
}
