/**
 * What the page asks for and is told, as JSON, and what follows from a report. Otherwise shapes, addresses and names only:
 * the server that answers is in the command line, the page that asks in `web`.
 *
 * Below `/api`; ID is a run's id:
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
 *   GET  stream?run=ID                  server-sent events: see {@link StreamEvents}; without `run` the runs and workers
 *   POST runs/ID/cancel|resume|retry    {@link RunFacts}; 403 {@link Problem} where the page may only look
 *   POST workers/ID/release             {@link WorkerFacts}
 *
 * Whatever fails is a {@link Problem} with a status of 400 or more.
 */
export type { Findings, ModelFindings, Report } from '@lyceum/coordinator/documents';
export type * from './cluster.js';
export type * from './comparison.js';
export { closedGap, combinedTeachers, isByChance, mayBeChance } from './report-facts.js';
export type * from './runs.js';
export { RUN_STATES } from './runs.js';
export type * from './stream.js';
