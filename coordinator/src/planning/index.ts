/** From a submitted specification to the plan of a run, with all problems and warnings found before it is stored. */
export { EndpointTrials } from './endpoint-trials.js';
export { planRun } from './plan-run.js';
export { readSpecification } from './read-specification.js';
export { isReplayOf, replayRun } from './replay-run.js';
export { lackingWorkers, runWarnings } from './run-warnings.js';
