/** Makes tfjs models from model packages, and packages from models. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { io, LayersModel } from '@tensorflow/tfjs';
import type { ModelPackage } from '../formats/tensorflowjs/index.js';
import type { ModelSettings } from '../models/index.js';
import { type Engine, EXPORT_OTHERWISE } from './engine/index.js';

/** The parts of a `model.json` that matter here; {@link parseModelPackage} has checked them. */
interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { readonly weights: io.WeightsManifestEntry[] }[];
}

/**
 * @returns the model, owned by the caller. One input, one output of shape [B, C].
 * @throws {LyceumError} INVALID_ARGUMENT if tfjs cannot build it, or it is no classifier of one input.
 */
export async function loadModel({ tf }: Engine, p: ModelPackage): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = p.modelJson as ModelJson;
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  // This is a copy: tfjs takes whole buffers only.
  const weightData = Uint8Array.from(p.weights).buffer;
  let model: LayersModel;
  try {
    model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (err) {
    // The lines behind the first are advice for programs that add layers of their own.
    const [reason] = toLyceumError(err).message.split(/\n| This may be due to/);
    const message = `TensorFlow.js cannot load the model: ${reason}; ${EXPORT_OTHERWISE}`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
  const [output] = model.outputs;
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || output?.shape.length !== 2) {
    const shapes = model.outputs.map((o) => `[${o.shape}]`).join(', ');
    const inputCount = model.inputs.length;
    model.dispose();
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want a model of one input and one output [batch, classes]; it has ${inputCount} inputs and outputs ${shapes}`,
    );
  }
  return model;
}

/** @returns the model with its present weights. Equal models give equal packages. */
export async function savedModel(
  { tf }: Engine,
  model: LayersModel,
  settings: ModelSettings,
): Promise<ModelPackage> {
  let saved: ModelPackage | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { modelTopology, weightSpecs = [], weightData } = artifacts;
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const modelJson = {
        format: 'layers-model',
        generatedBy: artifacts.generatedBy,
        convertedBy: null,
        modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
      };
      saved = { modelJson, weights, settings };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  if (saved === undefined) throw new Error('tfjs saved nothing');
  return saved;
}
