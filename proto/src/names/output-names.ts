/**
 * Names of the tensors in answers and targets. A teacher's outputs are `logits` and its hint layers; a black box has
 * only `class`. A target's tensors are its pools, and the features of teachers' hint layers.
 */

/** The class that a teacher answers, one number a sample; −1: the teacher does not know. */
export const CLASS_OUTPUT = 'class';

const LAYER = 'layer/';

/** `layer/dense_2`: the features of a layer, among a teacher's outputs. Sorts before `logits`. */
export function layerOutput(layer: string): string {
  return `${LAYER}${layer}`;
}

/** The layer whose features an output holds; undefined: the output is not of a layer. */
export function outputLayer(output: string): string | undefined {
  return output.startsWith(LAYER) ? output.slice(LAYER.length) : undefined;
}

/** `features/wide/dense_2`: a layer's features among a target's tensors. `teacher` is a teacher's name in the run. */
export function featuresName(teacher: string, layer: string): string {
  return `features/${teacher}/${layer}`;
}
