/** The door to a coordinator for other programs: the command line, tests, examples, benches. */
export type {
  EnsembleRow,
  EnsembleTable,
  Report,
  ReportModelRow,
} from '@lyceum/coordinator/documents';
export type { RunComparison, SweepTable } from '../comparison/index.js';
export type { ArtifactContent } from './artifact-chunks.js';
export * from './coordinator-client.js';
export * from './run-states.js';
export type { TargetPart, TargetsRequest } from './target-stream.js';
export type { Cancellable, WatchOptions } from './watching.js';
