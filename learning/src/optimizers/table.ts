/** The table of all optimisers. */
import type { z } from 'zod';
import type { Tf } from '../tensorflow/engine/index.js';
import { adamOptimizer } from './adam.js';
import { clipped } from './clipping.js';
import { momentumOptimizer } from './momentum.js';
import type { NamedOptimizer, Optimizer } from './optimizer.js';
import { sgdOptimizer } from './sgd.js';

/** In the order in which messages name them; the first is the default. */
const TABLE = [adamOptimizer, sgdOptimizer, momentumOptimizer] as const;

type Entry = (typeof TABLE)[number];
type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
type OwnFields = Intersection<Entry['settings']> & z.ZodRawShape;

export type OptimizerSettings = z.output<z.ZodObject<OwnFields>> & {
  readonly optimizer: Entry['name'];
  readonly weightDecay: number;
  /** Greatest global norm of the gradient. */
  readonly clipNorm?: number | undefined;
};

type AnyOptimizer = Omit<NamedOptimizer<OwnFields>, 'settings'> & {
  readonly settings: z.ZodRawShape;
};

export const OPTIMIZERS: readonly AnyOptimizer[] = TABLE;

const [first, ...others] = TABLE;
export const OPTIMIZER_NAMES = [first.name, ...others.map(({ name }) => name)] as const;

/** The fields of `spec.training` that belong to one optimiser each. */
export const OPTIMIZER_FIELDS = Object.assign(
  {},
  ...TABLE.map(({ settings }) => settings),
) as OwnFields;

/** The run's optimiser. If the run says so, gradients are clipped first. */
export function runOptimizer(tf: Tf, settings: OptimizerSettings): Optimizer {
  const named = OPTIMIZERS.find(({ name }) => name === settings.optimizer);
  if (named === undefined) throw new Error(`no optimizer ${settings.optimizer}`);
  const optimizer = named.create(tf, settings);
  const { clipNorm } = settings;
  if (clipNorm === undefined) return optimizer;
  return {
    slots: (parameterCount) => optimizer.slots(parameterCount),
    update: (parameters, gradients, state, learningRate) =>
      optimizer.update(parameters, clipped(tf, gradients, clipNorm), state, learningRate),
  };
}
