/** Layers models and graph models of TensorFlow.js: `model.json` and its weights. */
export { describeModel } from './describe-model.js';
export { readModelFolder } from './model-folder.js';
export {
  encodeModelPackage,
  type ModelPackage,
  packageWeightSpecs,
  parseModelPackage,
} from './model-package.js';
export { type WeightType, weightBytes } from './model-weights.js';
export { graphModel, layersModel } from './tensorflowjs.js';
export { tfjsGraphClassifier } from './tfjs-graph-package.js';
