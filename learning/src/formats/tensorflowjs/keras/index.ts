/** What Keras writes into a model.json, read as TensorFlow.js would have written it, or refused. */
export { mendedTopology, mendedWeightNames } from './keras3-topology.js';
export { kerasProblem } from './problems.js';
