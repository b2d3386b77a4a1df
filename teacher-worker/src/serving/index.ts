/** Loaded models for others, by the Open Inference Protocol over gRPC and HTTP. */
export { InferenceDesk, type ServedModel } from './inference-desk.js';
export { type InferencePlaces, InferenceServers } from './inference-servers.js';
export { readServedModel } from './read-served-model.js';
export { serveModels } from './serve-models.js';
