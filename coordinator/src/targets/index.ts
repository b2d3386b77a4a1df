/** The targets of a run that trains: combines answers, cuts them into frames, and watches teachers for drift. */
export { RunTargets, type RunTargetsParts } from './run-targets.js';
export { targetFrames } from './target-frames.js';
