/**
 * Selects the runs of a list's page: those that match the query, the last submitted first. Pure.
 *
 * A page's token names its last run: time of submission, and id. The next page begins after that place, even if the
 * run was deleted meanwhile. So while runs come and go, no other run is shown twice or left out.
 */
import { LyceumError } from '@lyceum/proto';
import type { RunStateName } from '../../schedule/index.js';
import type { RunRecord } from './run-record.js';

/** More than a person looks at; a program that wants more asks for the next page. */
const PAGE_MAX_RUNS = 500;

/** Half of a message's limit. One run always fits: see `RUN_RECORD_MAX_BYTES`. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;

export interface RunQuery {
  /** The run is in one of these states; none: in any. */
  readonly states: readonly RunStateName[];
  /** Empty: any. */
  readonly team: string;
  /** Part of the id, or of a label as `NAME=VALUE`, ignoring case; empty: any. */
  readonly text: string;
  /** The run has all of these labels, each `NAME=VALUE`. */
  readonly labels: readonly string[];
  /** 0: the greatest that is allowed. */
  readonly pageSize: number;
  /** Token from the page before; empty: the first page. */
  readonly pageToken: string;
}

export interface RunPage<Shown> {
  readonly runs: readonly Shown[];
  /** Empty: there is no further page. */
  readonly nextPageToken: string;
  /** How many runs match the query, by state; the query's own states are ignored. */
  readonly counts: ReadonlyMap<RunStateName, number>;
}

type Place = Pick<RunRecord, 'submittedAtMs' | 'runId'>;

/**
 * @param records - all runs, in any order.
 * @param show - makes the page's entry of a run; `bytesOf` is the entry's size in a message.
 * @throws {LyceumError} INVALID_ARGUMENT if the page size is too large, or the token is none.
 */
export function runPage<Shown>(
  records: readonly RunRecord[],
  query: RunQuery,
  show: (record: RunRecord) => Shown,
  bytesOf: (shown: Shown) => number,
): RunPage<Shown> {
  const { states, pageSize, pageToken } = query;
  if (pageSize > PAGE_MAX_RUNS) {
    const message = `page_size is ${pageSize}; a page has at most ${PAGE_MAX_RUNS} runs`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const after = pageToken === '' ? undefined : placeOf(pageToken);
  const fitting = records.filter((record) => fits(record, query));
  const listed = fitting
    .filter((record) => states.length === 0 || states.includes(record.state))
    .filter((record) => after === undefined || compare(after, record) < 0)
    .sort(compare);
  const runs: Shown[] = [];
  let bytes = 0;
  for (const record of listed.slice(0, pageSize === 0 ? PAGE_MAX_RUNS : pageSize)) {
    const shown = show(record);
    bytes += bytesOf(shown);
    if (bytes > PAGE_MAX_BYTES && runs.length > 0) break;
    runs.push(shown);
  }
  const last = runs.length < listed.length ? listed[runs.length - 1] : undefined;
  return { runs, nextPageToken: last === undefined ? '' : tokenOf(last), counts: counts(fitting) };
}

function fits({ runId, specification }: RunRecord, query: RunQuery): boolean {
  const { team = '', labels = {} } = specification.metadata;
  if (query.team !== '' && team !== query.team) return false;
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  if (query.labels.some((wanted) => !pairs.includes(wanted))) return false;
  const text = query.text.toLowerCase();
  return [runId, ...pairs].some((known) => known.toLowerCase().includes(text));
}

function counts(records: readonly RunRecord[]): Map<RunStateName, number> {
  const byState = new Map<RunStateName, number>();
  for (const { state } of records) byState.set(state, (byState.get(state) ?? 0) + 1);
  return byState;
}

/** Negative if `a` is listed before `b`. */
function compare(a: Place, b: Place): number {
  if (a.submittedAtMs !== b.submittedAtMs) return b.submittedAtMs - a.submittedAtMs;
  if (a.runId === b.runId) return 0;
  return a.runId < b.runId ? -1 : 1;
}

function tokenOf({ submittedAtMs, runId }: Place): string {
  return `${submittedAtMs}:${runId}`;
}

function placeOf(token: string): Place {
  const [, submittedAtMs, runId] = /^(\d{1,15}):(.+)$/s.exec(token) ?? [];
  if (runId !== undefined) return { submittedAtMs: Number(submittedAtMs), runId };
  const message = `page_token ${JSON.stringify(token.slice(0, 100))} is not valid; use next_page_token of the previous page`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
