/** What a model sees of a sample: crops, flips, holes and mixtures of two samples, drawn from seeds. */
export { writeHardLabels } from './hard-labels.js';
export { mixupOf, mixupShare, pairSeed } from './mixup.js';
export { readInputs, readsBytes } from './read-inputs.js';
export { seenShape } from './sample-view.js';
export { viewSamples } from './view-samples.js';
export { IDENTITY_VIEW, type ViewAt, viewAt, viewProblems } from './views.js';
