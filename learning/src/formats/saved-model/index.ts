/** SavedModels of TensorFlow: read without TensorFlow, cut to the graph that is needed, checked. */
export { readSavedModelFolder } from './read-saved-model.js';
export { SERVE_TAG } from './saved-model-file.js';
export {
  describeSavedModel,
  encodeSavedModelPackage,
  SAVED_MODEL_MEMBER,
  type SavedModelPackage,
  savedModelClassifier,
  savedModelPackageOf,
} from './saved-model-package.js';
