/** From what was kept to what a cluster is given. */
export { trainingSet } from './training-set.js';
