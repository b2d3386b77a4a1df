/** Layers models and graph models of TensorFlow.js: `model.json` and its weights. */
export { describeModel } from './describe-model.js';
export { readModelFolder } from './model-folder.js';
export {
  encodeModelPackage,
  type ModelPackage,
  modelJsonFormat,
  packageWeightSpecs,
  parseModelPackage,
} from './model-package.js';
export { type WeightType, weightBytes } from './model-weights.js';
export { describeTfjsGraph, tfjsGraphClassifier } from './tfjs-graph-package.js';
