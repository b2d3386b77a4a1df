/** The door to a coordinator for other programs: the command line, tests, examples, benches. */
export type {
  EnsembleTable,
  Findings,
  Report,
} from '@lyceum/coordinator/documents';
export type { RunComparison, SweepTable } from '../comparison/index.js';
export type { ArtifactContent } from './artifact-bytes.js';
export * from './coordinator-client.js';
export { takesConnections } from './coordinator-version.js';
export * from './log-levels.js';
export type { RunsRequest } from './run-calls.js';
export * from './run-states.js';
export type { TargetsRequest } from './target-stream.js';
