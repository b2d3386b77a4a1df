/** The layers of a TensorFlow.js model, their shapes and parameters, told from its topology without building it. */
export { architectureLayers, architectureParameterCount } from './architecture-layers.js';
export { type LayerDescription, modelLayers } from './model-layers.js';
export { inboundLayers, layersOf, type ModelTopology, modelTopology } from './model-topology.js';
