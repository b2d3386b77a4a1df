/** What a student's model itself gives for some inputs, at a batch of just these: an exported file is compared with it. */
import { readFileSync } from 'node:fs';
import { isTrainablePackage, parsePackagedModel } from '@lyceum/learning/formats';
import { type Engine, Inference, loadModel, modelFailure } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { ModelOutputs, OutputsStart } from './trial-messages.js';

/** @throws {LyceumError} INVALID_ARGUMENT if the model does not load, or cannot be asked so. */
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
    // What comes before the model is done to the inputs already.
    const { output } = packaged.model.settings;
    const inference = new Inference(engine, model, { output }, sampleShape, rowCount);
    // A copy: its offset need not be one of a Float32Array.
    const inputs = new Float32Array(Uint8Array.from(readFileSync(inputsFile)).buffer);
    const logits = Buffer.from(inference.run(inputs, rowCount).buffer).toString('base64');
    return { reply: 'outputs', logits };
  } catch (err) {
    throw modelFailure(err, 'TensorFlow.js cannot run the model');
  }
}
