/**
 * A layers model that gives one number for each sample, of which a sigmoid makes the probability p of the second of two
 * classes. It is kept with a last layer that gives two logits, 0 and the number z before the sigmoid, whose softmax is
 * 1 − p and p: a column of zeros stands before the layer's own. So the model teaches, is trained and is exported as any
 * other.
 */
import type { ModelSettings } from '../../models/index.js';
import { activationOf, lastLayers } from './describe-model.js';
import type { WeightSpec } from './model-weights.js';

export interface PlainModel {
  readonly modelJson: Record<string, unknown>;
  readonly specs: readonly WeightSpec[];
  /** The weights' bytes, one by one. */
  readonly parts: readonly Uint8Array[];
}

/**
 * @param given - the user's word for its output: a model that ends before the sigmoid gives logits.
 * @returns undefined if it gives more numbers than one, or cannot be changed so.
 */
export function withTwoLogits(
  { modelJson, specs, parts }: PlainModel,
  given: ModelSettings['output'] | undefined,
): PlainModel | undefined {
  const changed = structuredClone(modelJson);
  const layers = lastLayers(changed) ?? [];
  const dense = layers.at(-1)?.config;
  if (dense?.['units'] !== 1) return undefined;
  const shaping = layers.map(activationOf).filter((activation) => activation !== 'linear');
  const isSigmoid = shaping.length === 1 && shaping[0] === 'sigmoid';
  if (!isSigmoid && !(shaping.length === 0 && given === 'logits')) return undefined;
  for (const { config } of layers) config['activation'] = 'linear';
  dense['units'] = 2;
  const widened = specs.map((spec) => isOf(String(dense['name']), spec));
  const wanted = dense['use_bias'] === false ? 1 : 2;
  if (widened.filter(Boolean).length !== wanted) return undefined;
  return {
    modelJson: changed,
    specs: specs.map((spec, n) =>
      widened[n] ? { ...spec, shape: [...spec.shape.slice(0, -1), 2] } : spec,
    ),
    parts: parts.map((part, n) => (widened[n] ? behindZeros(part) : part)),
  };
}

/** Whether the weight belongs to the layer, which has one unit. */
function isOf(layer: string, { name, dtype, shape }: WeightSpec): boolean {
  const [own, kind = ''] = name.split('/').slice(-2);
  const isNamedSo = own === layer && ['kernel', 'bias'].includes(kind);
  return isNamedSo && dtype === 'float32' && shape.at(-1) === 1;
}

/** The float32 values with a zero before each. */
function behindZeros(part: Uint8Array): Uint8Array {
  const both = new Uint8Array(2 * part.length);
  for (let at = 0; at < part.length; at += 4) both.set(part.subarray(at, at + 4), 2 * at + 4);
  return both;
}
