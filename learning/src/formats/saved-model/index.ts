/** SavedModels of TensorFlow: read without TensorFlow, cut to the graph that is needed, checked. */
export { readSavedModelFolder } from './read-saved-model.js';
export { savedModel, savedModelTable } from './saved-model.js';
export { SERVE_TAG } from './saved-model-file.js';
export {
  type SavedModelPackage,
  savedModelClassifier,
  savedModelTableClassifier,
} from './saved-model-package.js';
