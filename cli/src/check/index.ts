/** Tries a model before it is used. */
export { checkLines, shownNames } from './check-lines.js';
export { type Check, type CheckedCandidate, checkModel } from './check-model.js';
export { linesOnSet } from './lines-on-set.js';
export { type ModelToCheck, modelOnDisk, pushedModel } from './model-to-check.js';
export { tryPushed } from './try-pushed.js';
