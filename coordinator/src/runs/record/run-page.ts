/**
 * Which runs a list shows: those that fit, the last submitted first, a page at a time. Pure.
 *
 * A page's token is the place of its last run: when it was submitted, and its id. The next page begins behind that
 * place, whether or not the run is still there. So no run that stays is shown twice or left out while others come
 * and go.
 */
import { LyceumError } from '@lyceum/proto';
import type { RunStateName } from '../../schedule/index.js';
import type { RunRecord } from './run-record.js';

/** As people look at them; a program that wants more asks again. */
const PAGE_MAX_RUNS = 500;

/** Half of what a message may have. One run always fits: see `RUN_RECORD_MAX_BYTES`. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;

export interface RunQuery {
  /** In one of these; none: in any. */
  readonly states: readonly RunStateName[];
  /** Empty: any. */
  readonly team: string;
  /** Part of the id, or of a label as `NAME=VALUE`, whatever the case; empty: any. */
  readonly text: string;
  /** It has all of these, each `NAME=VALUE`. */
  readonly labels: readonly string[];
  /** 0: as many as a page may have. */
  readonly pageSize: number;
  /** Token from the page before; empty: the first page. */
  readonly pageToken: string;
}

export interface RunPage<Shown> {
  readonly runs: readonly Shown[];
  /** Empty: there is no further page. */
  readonly nextPageToken: string;
  /** Runs that fit but for their state, by state. */
  readonly counts: ReadonlyMap<RunStateName, number>;
}

type Place = Pick<RunRecord, 'submittedAtMs' | 'runId'>;

/**
 * @param records - all runs, in any order.
 * @param show - the run as the page has it; `bytesOf` is its size in a message.
 * @throws {LyceumError} INVALID_ARGUMENT if page size or token are none.
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
  const message = `page_token ${JSON.stringify(token.slice(0, 100))} is none; take the next_page_token of the page before`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
