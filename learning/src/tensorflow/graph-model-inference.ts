/** Runs a classifier that is a TensorFlow.js GraphModel. Its operations run one by one. */
import type { GraphModel, io, Tensor } from '@tensorflow/tfjs';
import {
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from '../formats/graphs/index.js';
import {
  type ModelPackage,
  packageWeightSpecs,
  tfjsGraphClassifier,
} from '../formats/tensorflowjs/index.js';
import { type Engine, EXPORT_OTHERWISE, modelFailure } from './engine/index.js';
import { graphInput, takenOutput } from './graph-tensors.js';

export class GraphModelInference extends GraphInference {
  readonly #engine: Engine;
  readonly #model: GraphModel;

  private constructor(
    engine: Engine,
    model: GraphModel,
    packaged: ModelPackage,
    options: GraphInferenceOptions,
  ) {
    super(tfjsGraphClassifier(packaged), packaged.settings, options);
    this.#engine = engine;
    this.#model = model;
  }

  /**
   * Loads the model and runs it once, on zeros.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if tfjs cannot run it, or samples of that shape do not fit; as
   * `modelFailure`.
   */
  static async open(
    engine: Engine,
    packaged: ModelPackage,
    options: GraphInferenceOptions,
  ): Promise<GraphModelInference> {
    let model: GraphModel | undefined;
    try {
      model = await engine.tf.loadGraphModel(engine.tf.io.fromMemory(artifactsOf(packaged)));
      const inference = new GraphModelInference(engine, model, packaged, options);
      await inference.warmUp();
      return inference;
    } catch (err) {
      model?.dispose();
      throw modelFailure(err, 'TensorFlow.js cannot run the graph', EXPORT_OTHERWISE);
    }
  }

  override async close(): Promise<void> {
    this.#model.dispose();
  }

  protected override call(padded: Float32Array<ArrayBuffer>): GraphOutput {
    const { input, output } = this.classifier;
    const { tf } = this.#engine;
    const given = tf.tidy(() => {
      const samples = graphInput(tf, input.elementType, padded, this.shape);
      return this.#model.execute({ [input.name]: samples }, output.name) as Tensor;
    });
    return takenOutput(given);
  }
}

function artifactsOf(packaged: ModelPackage): io.ModelArtifacts {
  const { modelTopology, signature } = packaged.modelJson as {
    readonly modelTopology: object;
    readonly signature?: object;
  };
  return {
    format: 'graph-model',
    modelTopology,
    ...(signature !== undefined && { signature }),
    weightSpecs: packageWeightSpecs(packaged).map(({ name, shape, dtype }) => ({
      name,
      shape: [...shape],
      dtype,
    })),
    // This is a copy: tfjs takes whole buffers only.
    weightData: Uint8Array.from(packaged.weights).buffer,
  };
}
