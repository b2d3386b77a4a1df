/** Targets for students outside the cluster: files, and the gateway. */
export type { TargetFile, ValueType } from './target-file.js';
export { TARGET_FORMATS } from './target-formats.js';
export { TargetGateway } from './target-gateway.js';
