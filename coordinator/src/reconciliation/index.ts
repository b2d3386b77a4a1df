/** Makes workers do what the records say, pass by pass: places, starts and releases runs; has teachers loaded. */
export { ActiveRuns } from './active-runs.js';
export { Passes } from './passes.js';
export { Reconciler } from './reconciler.js';
export { awaitsKnowledge } from './run-health.js';
export { SuspectAnswers } from './suspect-answers.js';
export { Suspicions } from './suspicions.js';
export { TeacherDemand } from './teacher-demand.js';
