/** The door to a coordinator for other programs: the command line, tests, examples, benches. */
export type { RunComparison } from '../report/compare-runs.js';
export type { EnsembleRow, EnsembleTable } from '../report/ensemble-document.js';
export type { Report, ReportModelRow } from '../report/report.js';
export type { SweepTable } from '../report/sweep-table.js';
export type { ArtifactContent } from './artifact-chunks.js';
export * from './coordinator-client.js';
export * from './run-states.js';
export type { TargetPart, TargetsRequest } from './target-stream.js';
export type { Cancellable, WatchOptions } from './watching.js';
