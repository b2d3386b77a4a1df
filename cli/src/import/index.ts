/** Reads files of other programs as models. */
export { type InferenceOptions, inferenceDescriptionOf } from './inference-options.js';
export { PREPROCESSOR_FILE, picturesBeside } from './pictures-beside.js';
export { givenSettings, packModel, readModel, readSettings } from './read-model.js';
export { describedSet, readRecordedModel } from './recorded-model.js';
