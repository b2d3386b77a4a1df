/**
 * What the tensors of answers and targets are called. A teacher's hint layer is one of its outputs, beside `logits`, and
 * of a black box `class` is the only one; the features that a teacher gave are one of a target's tensors, beside its pools.
 */

/** The class that a teacher answers, one number a sample; −1: it does not know. */
export const CLASS_OUTPUT = 'class';

const LAYER = 'layer/';

/** `layer/dense_2`: the features of a layer, among a teacher's outputs. Sorts before `logits`. */
export function layerOutput(layer: string): string {
  return `${LAYER}${layer}`;
}

/** The layer whose features an output is; undefined: it is no layer's. */
export function outputLayer(output: string): string | undefined {
  return output.startsWith(LAYER) ? output.slice(LAYER.length) : undefined;
}

/** `features/wide/dense_2`: a teacher's features of a layer, among a target's tensors. `teacher` is its name in the run. */
export function featuresName(teacher: string, layer: string): string {
  return `features/${teacher}/${layer}`;
}
