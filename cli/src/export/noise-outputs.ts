/** A model's own outputs for noise: an export is compared with them if no other outputs are known. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32 } from '@lyceum/learning/arrays';
import type { Dataset } from '@lyceum/learning/datasets';
import type { OnnxOptions } from '@lyceum/learning/export';
import type { ModelSettings } from '@lyceum/learning/models';
import { elementCount } from '@lyceum/proto';
import { modelOutputs } from '../local-cluster/index.js';
import { type ComparedOutputs, modelInputs } from './check-onnx.js';

/** Few: the largest models need much memory for each. */
const SAMPLES = 8;

/**
 * @param packaged - the model's package.
 * @throws {LyceumError} if TensorFlow.js cannot run the model.
 */
export async function noiseOutputs(
  packaged: Uint8Array,
  options: OnnxOptions,
  settings: ModelSettings,
  signal: AbortSignal,
): Promise<ComparedOutputs> {
  const { sampleShape } = options;
  const dataset = noise(options);
  const sampleIds = Int32Array.from({ length: SAMPLES }, (_, i) => i);
  const inputs = modelInputs(dataset, Uint32Array.from(sampleIds), settings);
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-pull-'));
  try {
    const [modelFile, inputsFile] = [join(folder, 'model.zip'), join(folder, 'inputs.bin')];
    await writeFile(modelFile, packaged);
    await writeFile(inputsFile, inputs);
    const computeThreads = availableParallelism();
    const start = { modelFile, inputsFile, sampleShape, rowCount: SAMPLES, computeThreads };
    const logits = await modelOutputs(start, signal);
    return { dataset, outputs: { sampleIds, labels: dataset.labels, logits } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Values from 0 to 1, as in pictures; if the model takes real values, every other sample has values from -1 to 1. */
function noise({ sampleShape, classNames, preprocessing }: OnnxOptions): Dataset {
  const size = elementCount(sampleShape);
  const { stored, inputScale } = preprocessing ?? { stored: 'float32', inputScale: 1 };
  const value = (i: number) => mulberry32(0, i);
  const real = (i: number) => (Math.floor(i / size) % 2 === 0 ? value(i) : 2 * value(i) - 1);
  const length = SAMPLES * size;
  return {
    digest: '',
    sampleShape,
    sampleCount: SAMPLES,
    classCount: classNames.length,
    classNames,
    inputs:
      stored === 'uint8'
        ? Uint8Array.from({ length }, (_, i) => 256 * value(i))
        : Float32Array.from({ length }, (_, i) => real(i) / inputScale),
    inputScale,
    labels: new Int32Array(SAMPLES).fill(-1),
    splits: new Uint8Array(SAMPLES),
  };
}
