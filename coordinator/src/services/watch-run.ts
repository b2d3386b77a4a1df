/** Follows a run for its users: its state whenever it changes, and its events and log lines as they come. */
import { sleep, Wakeup } from '@lyceum/platform';
import type {
  ListEventsRequest,
  ListEventsResponse,
  ListLogsRequest,
  ListLogsResponse,
  RunEvent,
  WatchRunResponse,
} from '@lyceum/proto';
import type { RunEvents, RunLogs, RunMonitor } from '../monitoring/index.js';
import type { ActiveRuns } from '../reconciliation/index.js';
import type { RunStore } from '../runs/index.js';
import { hasEnded, type RunStateName } from '../schedule/index.js';
import { seenRun } from './run-message.js';

/** Shortest time between two messages of one watch: many changes at once become one message. */
const WATCH_PAUSE_MS = 100;

/** How long a watch waits, after a run's end, for its last event. */
const LAST_EVENT_MS = 10_000;

/** How long a watch waits, after a run's end, for its last log lines: workers send theirs each second. */
const LAST_LINES_MS = 3_000;

export interface WatchRunParts {
  readonly store: RunStore;
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
  readonly events: RunEvents;
  readonly logs: RunLogs;
}

export async function* watchRun(
  parts: WatchRunParts,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<WatchRunResponse, void, undefined> {
  parts.store.require(runId);
  const news = new Wakeup();
  let isOld = false;
  const stop = parts.monitor.watch(runId, () => {
    isOld = true;
    news.wake();
  });
  try {
    while (!signal.aborted) {
      isOld = false;
      const record = parts.store.require(runId);
      yield { run: seenRun(parts, record) };
      if (hasEnded(record.state)) return;
      await sleep(WATCH_PAUSE_MS);
      if (!isOld) await news.wait({ signal });
    }
    throw signal.reason;
  } finally {
    stop();
  }
}

export async function* listEvents(
  { store, events, monitor }: WatchRunParts,
  { runId, follow }: ListEventsRequest,
  signal: AbortSignal,
): AsyncGenerator<ListEventsResponse, void, undefined> {
  store.require(runId);
  await events.settled();
  // A run that has been deleted meanwhile had ended before.
  const ended = () => hasEnded(store.get(runId)?.state ?? 'CANCELLED');
  const goesOn = follow && !ended();
  const over = new AbortController();
  const stop = monitor.watch(runId, () => {
    // The last event may be lost: the watch must not wait for ever.
    if (ended()) setTimeout(() => over.abort(), LAST_EVENT_MS).unref();
  });
  try {
    const until = AbortSignal.any([signal, over.signal]);
    for await (const event of events.read(runId, { follow: goesOn, signal: until })) {
      yield { event };
      if (goesOn && endsRun(event) && ended()) return;
    }
    // Reading ends without an error then, as if these were all events.
    signal.throwIfAborted();
  } finally {
    stop();
  }
}

/** Whether this is the run's last event: its change into a final state. */
function endsRun({ kind, dataJson }: RunEvent): boolean {
  if (kind !== 'state-changed') return false;
  const { state } = JSON.parse(dataJson) as { readonly state: RunStateName };
  return hasEnded(state);
}

/** The kept lines; with `follow` new lines too, each message with all lines that have come when the caller takes it. */
export async function* listLogs(
  { store, logs, monitor }: Pick<WatchRunParts, 'store' | 'logs' | 'monitor'>,
  { runId, level, from, tail, follow, before }: ListLogsRequest,
  signal: AbortSignal,
): AsyncGenerator<ListLogsResponse, void, undefined> {
  store.require(runId);
  const ended = () => hasEnded(store.get(runId)?.state ?? 'CANCELLED');
  const goesOn = follow && !ended();
  const over = new AbortController();
  const news = new Wakeup();
  const stops = [
    logs.watch(() => news.wake()),
    monitor.watch(runId, () => {
      if (ended()) setTimeout(() => over.abort(), LAST_LINES_MS).unref();
    }),
  ];
  const query = { level, from, before: before === 0 ? Number.POSITIVE_INFINITY : before };
  const until = AbortSignal.any([signal, over.signal]);
  let after = 0;
  try {
    for (let newest = tail; ; newest = 0) {
      const isLast = !goesOn || over.signal.aborted;
      const { lines, omittedCount, lastSequence } = logs.read(runId, { ...query, after }, newest);
      if (lines.length > 0 || omittedCount > 0) yield { lines, omittedCount };
      if (isLast) return;
      signal.throwIfAborted();
      after = lastSequence;
      await sleep(WATCH_PAUSE_MS);
      if (logs.lastSequence(runId) === after) await news.wait({ signal: until });
    }
  } finally {
    for (const stop of stops) stop();
  }
}
