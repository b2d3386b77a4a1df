/** The routes of the API, as in `@lyceum/dashboard/api`. */
import type { ClusterFacts } from '@lyceum/dashboard/api';
import { type LogLine, LyceumError } from '@lyceum/proto';
import { type CoordinatorClient, RUN_STATES } from '../client/index.js';
import {
  askComparison,
  askRunFacts,
  type ComparisonClient,
  type RunFactsClient,
} from './asking/index.js';
import {
  EventWindow,
  historyFacts,
  logPage,
  logRequest,
  runPage,
  workerFacts,
} from './facts/index.js';
import type { StreamClient } from './streams/index.js';

/** The parts of a coordinator's client that are used here. */
export type DashboardClient = ComparisonClient &
  RunFactsClient &
  StreamClient &
  Pick<
    CoordinatorClient,
    | 'address'
    | 'cancelRun'
    | 'getFindings'
    | 'listLogs'
    | 'releaseWorker'
    | 'resumeRun'
    | 'retryRun'
    | 'version'
  >;

/** A request that `access` has let in. */
interface Call {
  readonly client: DashboardClient;
  /** The part of the address in the place of `:id`; else empty. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly mayChange: boolean;
  /** Aborts once nobody waits for the answer. */
  readonly signal: AbortSignal;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Gives the answer, which is sent as JSON. */
  readonly answer: (call: Call) => Promise<unknown>;
}

const RUNS_A_PAGE = 50;

const ROUTES: readonly Route[] = [
  { method: 'GET', path: 'cluster', answer: cluster },
  { method: 'GET', path: 'runs', answer: runs },
  { method: 'GET', path: 'runs/:id', answer: run },
  { method: 'GET', path: 'runs/:id/history', answer: history },
  { method: 'GET', path: 'runs/:id/report', answer: ({ client, id }) => client.getReport(id) },
  { method: 'GET', path: 'runs/:id/findings', answer: ({ client, id }) => client.getFindings(id) },
  { method: 'GET', path: 'runs/:id/events', answer: events },
  { method: 'GET', path: 'runs/:id/logs', answer: logs },
  { method: 'GET', path: 'workers', answer: workers },
  {
    method: 'GET',
    path: 'compare',
    answer: ({ client, query, signal }) => askComparison(client, query.getAll('run'), signal),
  },
  {
    method: 'POST',
    path: 'runs/:id/cancel',
    answer: changed((client, id) => client.cancelRun(id)),
  },
  {
    method: 'POST',
    path: 'runs/:id/resume',
    answer: changed((client, id) => client.resumeRun(id)),
  },
  { method: 'POST', path: 'runs/:id/retry', answer: changed((client, id) => client.retryRun(id)) },
  { method: 'POST', path: 'workers/:id/release', answer: release },
];

/** A route that was found; `allowed`: if none was, the methods that this address has. */
export type Found =
  | { readonly route: Route; readonly id: string }
  | { readonly allowed: readonly string[] };

/** @param path - below `/api/`, as it was sent. */
export function findRoute(method: string, path: string): Found {
  const fitting = ROUTES.flatMap((route) => {
    const id = idIn(route.path, path);
    return id === undefined ? [] : [{ route, id }];
  });
  const found = fitting.find(({ route }) => route.method === method);
  return found ?? { allowed: fitting.map(({ route }) => route.method) };
}

/** @returns undefined: the path is another address. */
function idIn(pattern: string, path: string): string | undefined {
  const wanted = pattern.split('/');
  const parts = path.split('/');
  if (parts.length !== wanted.length) return undefined;
  if (!wanted.every((name, i) => name === ':id' || name === parts[i])) return undefined;
  const id = parts[wanted.indexOf(':id')] ?? '';
  try {
    return decodeURIComponent(id);
  } catch {
    return undefined;
  }
}

async function cluster({ client, mayChange }: Call): Promise<ClusterFacts> {
  return { version: await client.version(), coordinator: client.address, mayChange };
}

async function runs({ client, query }: Call) {
  const states = query.getAll('state').map((wanted) => {
    const known = RUN_STATES.find(({ name }) => name === wanted);
    if (known !== undefined) return known.state;
    const names = RUN_STATES.map(({ name }) => name).join(', ');
    throw new LyceumError('INVALID_ARGUMENT', `\`state\` is one of ${names}`);
  });
  const [team, text, pageToken] = ['team', 'text', 'page'].map((name) => query.get(name) ?? '');
  const asked = { states, pageSize: RUNS_A_PAGE, brief: true };
  return runPage(
    await client.pageOfRuns({
      ...asked,
      ...(team && { team }),
      ...(text && { text }),
      ...(pageToken && { pageToken }),
    }),
  );
}

async function run({ client, id }: Call) {
  return askRunFacts(client, await client.getRun(id));
}

async function history({ client, id, query }: Call) {
  const [firstStep, endStep, pointCount] = ['from', 'to', 'points'].map((name) =>
    wholeNumberIn(query, name),
  ) as [number, number, number];
  return historyFacts(await client.getHistory({ runId: id, firstStep, endStep, pointCount }));
}

/** @returns 0 if the query has no such parameter. */
function wholeNumberIn(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '0';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new LyceumError('INVALID_ARGUMENT', `\`${name}\` is a whole number`);
}

async function events({ client, id, query, signal }: Call) {
  const window = new EventWindow(query.get('before'));
  for await (const event of client.listEvents(id, { signal })) window.take(event);
  return window.page();
}

async function logs({ client, id, query, signal }: Call) {
  const lines: LogLine[] = [];
  const request = { ...logRequest(query.get('before')), signal };
  for await (const response of client.listLogs(id, request)) lines.push(...response.lines);
  return logPage(lines);
}

async function workers({ client }: Pick<Call, 'client'>) {
  return workerFacts(await client.clusterWorkers());
}

function changed(
  change: (client: DashboardClient, id: string) => ReturnType<DashboardClient['getRun']>,
) {
  return async ({ client, id }: Call) => askRunFacts(client, await change(client, id));
}

async function release({ client, id }: Call) {
  await client.releaseWorker(id);
  return workers({ client });
}
