/** Targets of a run that trains: answers combined, made into frames, watched for drift. */
export { RunTargets, type RunTargetsParts } from './run-targets.js';
export { targetFrames } from './target-frames.js';
