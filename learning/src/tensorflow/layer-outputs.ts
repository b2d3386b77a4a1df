/**
 * A model's forward pass that gives the outputs of some of its layers along with its own.
 *
 * The layers are computed once, on the way to the output, by the same operations as in the plain pass: the output has
 * the same bits.
 */
import { LyceumError } from '@lyceum/proto';
import type { LayersModel, SymbolicTensor, Tensor } from '@tensorflow/tfjs';
import type { Engine } from './engine/index.js';

interface ForwardResult {
  readonly output: Tensor;
  /** Features in the order of the layers that were asked for. */
  readonly features: readonly Tensor[];
}

export interface ForwardPass {
  /** Shapes of one sample's features, one a layer. */
  readonly featureShapes: readonly (readonly number[])[];
  /** Runs the pass, in the caller's tidy. */
  apply(inputs: Tensor, options: { readonly training: boolean }): ForwardResult;
}

/**
 * @param model - borrowed; its present weights count. One input and one output.
 * @param layers - names of its own layers, not of a nested model's; distinct.
 * @throws {LyceumError} INVALID_ARGUMENT if there is no such layer, or it has no one output of a known shape.
 */
export function forwardPass(
  { tf }: Engine,
  model: LayersModel,
  layers: readonly string[],
): ForwardPass {
  const outputs = layers.map((name) => layerOutputOf(model, name));
  const featureShapes = outputs.map(({ shape }) => shape.slice(1) as number[]);
  // Each output once: of two equal ones tfjs gives the first alone. One layer may be the model's last.
  const distinct = [...new Set([...model.outputs, ...outputs])];
  // The extended model owns nothing: layers and weights are the model's.
  const extended =
    distinct.length === 1 ? model : tf.model({ inputs: model.inputs, outputs: distinct });
  return {
    featureShapes,
    apply(inputs, options) {
      const applied = extended.apply(inputs, options) as Tensor | Tensor[];
      const tensors = Array.isArray(applied) ? applied : [applied];
      const features = outputs.map((output) => tensors[distinct.indexOf(output)] as Tensor);
      return { output: tensors[0] as Tensor, features };
    },
  };
}

function layerOutputOf(model: LayersModel, name: string): SymbolicTensor {
  const layer = model.layers.find((candidate) => candidate.name === name);
  const refuse = (what: string): never => {
    throw new LyceumError('INVALID_ARGUMENT', `the model ${what}`);
  };
  if (layer === undefined) {
    return refuse(
      `has no layer ${name}; its layers are ${model.layers.map((l) => l.name).join(', ')}`,
    );
  }
  if (layer.inboundNodes.length !== 1 || Array.isArray(layer.output)) {
    return refuse(`has more than one output of layer ${name}, so that its features are not one`);
  }
  const { output } = layer;
  if (output.shape.slice(1).includes(null)) {
    return refuse(`leaves the shape of layer ${name} open: [${output.shape.map((n) => n ?? '?')}]`);
  }
  return output;
}
