/** Finds settings of a run that do not fit its set, its teachers, or one another. Nothing is looked up. Pure. */
export { batchProblems } from './batch-problems.js';
export { fitProblems } from './fit-problems.js';
export { knownClassesProblems } from './known-classes-problems.js';
export { topKProblems } from './top-k-problems.js';
export { unchangedProblems } from './unchanged-problems.js';
export { unseenViews } from './unseen-views.js';
