/** A tiny data set and tiny models, for peers that compute nothing. */
import { type DatasetParts, encodeDataset, type ManifestParts } from '@lyceum/learning/datasets';
import { encodeModelPackage } from '@lyceum/learning/formats';

export const CLASS_COUNT = 3;

/** Samples in the train split of {@link tinyDataset}: two spans an epoch. */
export const TRAIN_COUNT = 6_600;

/** Batch size of runs without a partial batch, and the steps of two epochs. */
export const BATCH_SIZE = 220;
export const STEP_COUNT = (2 * TRAIN_COUNT) / BATCH_SIZE;

/** Samples of two numbers: {@link TRAIN_COUNT} train, 100 validation, 500 test; labels in turn. */
export function tinyDataset(): DatasetParts {
  const sampleCount = TRAIN_COUNT + 600;
  return {
    sampleShape: [2],
    sampleCount,
    classCount: CLASS_COUNT,
    classNames: ['a', 'b', 'c'],
    inputs: Float32Array.from({ length: sampleCount * 2 }, (_, i) => i % 7),
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % CLASS_COUNT),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) =>
      i < TRAIN_COUNT ? 1 : i < TRAIN_COUNT + 100 ? 2 : 3,
    ),
  };
}

/** The same samples in shards that do not exist, 100 in a chunk. */
export function tinyManifest(): ManifestParts {
  const { sampleCount, classCount, classNames, labels, splits } = tinyDataset();
  return {
    sampleCount,
    classCount,
    classNames,
    labels,
    splits,
    chunkEnds: Uint32Array.from({ length: sampleCount / 100 }, (_, chunk) => 100 * (chunk + 1)),
    shards: {
      shards: [{ url: 's3://photos/0.tar', format: 'tar', sizeBytes: 1000 * sampleCount }],
      grid: { height: 1, width: 2, channels: 1, fit: 'cover' },
      decoder: 'none',
      canary: { samples: [0], digest: 'ab'.repeat(32) },
      shardOf: new Uint32Array(sampleCount),
      offsets: Float64Array.from({ length: sampleCount }, (_, sample) => 1000 * sample),
      lengths: new Uint32Array(sampleCount).fill(10),
      digests: Uint8Array.from({ length: 16 * sampleCount }, (_, i) => (i * 7919) >>> (i % 16)),
      paths: undefined,
    },
  };
}

/** @param variant - makes sets differ, so that they do not share answers. */
export function tinyDatasetBytes(variant: number): Buffer {
  const dataset = tinyDataset();
  return encodeDataset({ ...dataset, inputs: dataset.inputs.map((value) => value + variant) });
}

/**
 * One Dense layer from `inputs` numbers to `classes`.
 *
 * @param weight - makes models differ: one number for all, or [inputs, classes].
 */
export function tinyModelBytes(
  weight: number | readonly number[],
  inputs = 2,
  classes = CLASS_COUNT,
): Buffer {
  const dense = {
    class_name: 'Dense',
    config: {
      name: 'dense',
      units: classes,
      activation: 'linear',
      use_bias: false,
      batch_input_shape: [null, inputs],
    },
  };
  const modelTopology = {
    class_name: 'Sequential',
    config: { name: 'tiny', layers: [dense] },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
  const values = Float32Array.from({ length: inputs * classes }, (_, i) =>
    typeof weight === 'number' ? weight : (weight[i] as number),
  );
  const weights = [{ name: 'dense/kernel', shape: [inputs, classes], dtype: 'float32' }];
  return encodeModelPackage({
    modelJson: {
      format: 'layers-model',
      modelTopology,
      weightsManifest: [{ paths: ['weights.bin'], weights }],
    },
    weights: Buffer.from(values.buffer),
    settings: { output: 'logits' },
  });
}
