/** Peers, small artifacts and examples for tests of other packages. Tests here import no tests of those packages. */
export { type Python, pythonWith } from '../../platform/test/support.js';
export { DIGEST, exampleInput, splitLogits } from './report/report-input-example.js';
export { jetStreamApi } from './serve/jetstream-api.js';
export { type LinearModel, LinearServer, linearModel } from './serve/linear-server.js';
export { StudentPeer } from './serve/student-peer.js';
export { eventually, TestCoordinator } from './serve/test-coordinator.js';
export { tinyDatasetBytes, tinyModelBytes } from './serve/tiny-artifacts.js';
