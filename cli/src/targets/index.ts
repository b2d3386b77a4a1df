/** Targets for students elsewhere: the gateway. */
export { NpzTargets } from './npz-targets.js';
export type { TargetFile, ValueType } from './target-file.js';
export { TargetGateway } from './target-gateway.js';
