/**
 * The weights of a TensorFlow.js model: a manifest that names them in order, and their bytes, one after another,
 * little-endian. https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts
 */
import { elementCount, type Problem } from '@lyceum/proto';
import { isObject } from '../../files/index.js';

export type WeightType = 'float32' | 'int32' | 'bool';

/** One entry of a manifest, checked. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: WeightType;
}

/** A group of a manifest as it stands in `model.json`: the files, and the weights in them, in order. */
export interface RawWeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly Record<string, unknown>[];
}

export const BYTES_OF: Readonly<Record<WeightType, number>> = { float32: 4, int32: 4, bool: 1 };

/** The most weights of one model; the deepest networks have some thousands. */
const MAX_WEIGHTS = 16_384;

export function weightElements(spec: Pick<WeightSpec, 'shape'>): number {
  return elementCount(spec.shape);
}

export function weightBytes(spec: WeightSpec): number {
  return weightElements(spec) * BYTES_OF[spec.dtype];
}

/** The manifest's groups, or `undefined` with all that is wrong added to `problems`. */
export function readWeightGroups(
  modelJson: unknown,
  problems: Problem[],
): readonly RawWeightGroup[] | undefined {
  const manifest = isObject(modelJson) ? modelJson['weightsManifest'] : undefined;
  const wellFormed =
    Array.isArray(manifest) &&
    manifest.every(
      (group) =>
        isObject(group) &&
        Array.isArray(group['paths']) &&
        group['paths'].every((path) => typeof path === 'string') &&
        Array.isArray(group['weights']) &&
        group['weights'].every(isObject),
    );
  if (!wellFormed) {
    const message = 'must be a list of { paths, weights }, as TensorFlow.js writes it';
    problems.push({ path: 'weightsManifest', message });
    return undefined;
  }
  const groups = manifest as RawWeightGroup[];
  const count = groups.reduce((total, group) => total + group.weights.length, 0);
  if (count > MAX_WEIGHTS) {
    const message = `has ${count} weights; at most ${MAX_WEIGHTS} are read`;
    problems.push({ path: 'weightsManifest', message });
    return undefined;
  }
  return groups;
}

/** Checks name, shape and type of one weight; `undefined` with all that is wrong added to `problems`. */
export function readWeightSpec(
  raw: Record<string, unknown>,
  problems: Problem[],
): WeightSpec | undefined {
  const { name, shape, dtype } = raw;
  if (typeof name !== 'string') {
    problems.push({ path: 'weightsManifest', message: 'holds a weight without a name' });
    return undefined;
  }
  const path = `weight ${name}`;
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    problems.push({ path, message: `has shape ${JSON.stringify(shape)}; want whole numbers` });
    return undefined;
  }
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    const message = `is of type ${JSON.stringify(dtype)}; want float32, int32 or bool`;
    problems.push({ path, message });
    return undefined;
  }
  return { name, shape, dtype };
}
