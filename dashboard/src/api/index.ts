/**
 * The calls between the page and its server: addresses, and the shapes of answers in JSON; also facts derived from a
 * report. The server is in the command line (`cli/src/dashboard`), the page in `web`.
 *
 * Addresses below `/api`; ID is a run's id:
 *
 *   GET  cluster                        {@link ClusterFacts}
 *   GET  runs?state&team&text&page      {@link RunPage}; `state` may be repeated
 *   GET  runs/ID                        {@link RunFacts}
 *   GET  runs/ID/history?from&to&points {@link HistoryFacts}
 *   GET  runs/ID/report                 a `Report`; 409 {@link Problem} until the run has succeeded
 *   GET  runs/ID/findings               `Findings`; likewise
 *   GET  runs/ID/events?before          {@link EventPage}
 *   GET  runs/ID/logs?before            {@link LogPage}
 *   GET  workers                        {@link WorkerFacts}
 *   GET  compare?run&run…               {@link ComparisonFacts}
 *   GET  stream?run=ID                  server-sent events, {@link StreamEvents}; without `run`: all runs and workers
 *   POST runs/ID/cancel|resume|retry    {@link RunFacts}; 403 {@link Problem} where the page may only look
 *   POST workers/ID/release             {@link WorkerFacts}
 *
 * A call that fails is answered with a {@link Problem} and a status of 400 or more.
 */
export type { Findings, ModelFindings, Report } from '@lyceum/coordinator/documents';
export type * from './cluster.js';
export type * from './comparison.js';
export {
  closedGap,
  combinedTeachers,
  isByChance,
  mayBeChance,
  ONLY_CLASS_MEANS,
  onlyClassFound,
  type SplitFigures,
  studentOnSplits,
} from './report-facts.js';
export type * from './runs.js';
export { RUN_STATES } from './runs.js';
export type * from './stream.js';
