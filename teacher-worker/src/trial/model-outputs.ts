/** Outputs of a student's own model for some inputs, in one batch: an exported file is compared with them. */
import { readFileSync } from 'node:fs';
import { isTrainablePackage, parsePackagedModel } from '@lyceum/learning/formats';
import { type Engine, Inference, loadModel, modelFailure } from '@lyceum/learning/tensorflow';
import type { ModelOutputs, OutputsStart } from '@lyceum/learning/trials';
import { LyceumError } from '@lyceum/proto';

/** @throws {LyceumError} INVALID_ARGUMENT if the model does not load, or does not take such inputs. */
export async function modelOutputs(
  engine: Engine,
  { modelFile, inputsFile, sampleShape, rowCount }: OutputsStart,
): Promise<ModelOutputs> {
  const packaged = parsePackagedModel(readFileSync(modelFile));
  if (!isTrainablePackage(packaged)) {
    const message = `a model of format ${packaged.format} is no student's`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const model = await loadModel(engine, packaged.model);
  try {
    // The inputs are already scaled and so on, so of the settings only `output` counts.
    const { output } = packaged.model.settings;
    const inference = new Inference(engine, model, { output }, sampleShape, rowCount);
    // A copy, since a Float32Array needs an aligned offset.
    const inputs = new Float32Array(Uint8Array.from(readFileSync(inputsFile)).buffer);
    const logits = Buffer.from(inference.run(inputs, rowCount).buffer).toString('base64');
    return { reply: 'outputs', logits };
  } catch (err) {
    throw modelFailure(err, 'TensorFlow.js cannot run the model');
  }
}
