/** All open streams: which tab reads which feed, and how many there may be. */
import type { Logger } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { Feed } from './feed.js';
import { recently } from './recently.js';
import { RunSource } from './run-source.js';
import { RunsSource } from './runs-source.js';
import type { StreamClient } from './source.js';
import type { Tab } from './tab.js';

const TABS_MAX = 32;
const BEAT_MS = 15_000;

/** For this long all streams of runs share one answer about the workers. */
const WORKERS_MS = 900;

export class Streams {
  readonly #client: StreamClient;
  readonly #log: Logger;
  /** By run; undefined: the list of runs. */
  readonly #feeds = new Map<string | undefined, Feed>();
  readonly #tabs = new Set<Tab>();
  readonly #beating: NodeJS.Timeout;

  constructor(client: StreamClient, log: Logger) {
    this.#client = {
      clusterWorkers: recently(WORKERS_MS, () => client.clusterWorkers()),
      getHistory: (request) => client.getHistory(request),
      getRun: (runId) => client.getRun(runId),
      listEvents: (runId, options) => client.listEvents(runId, options),
      pageOfRuns: (request) => client.pageOfRuns(request),
    };
    this.#log = log;
    this.#beating = setInterval(() => this.#beat(), BEAT_MS);
    this.#beating.unref();
  }

  /** @throws {LyceumError} RESOURCE_EXHAUSTED if there are too many. */
  checkRoom(): void {
    if (this.#tabs.size < TABS_MAX) return;
    const message = `${TABS_MAX} pages are open, as many as may be; close some`;
    throw new LyceumError('RESOURCE_EXHAUSTED', message);
  }

  /** @param runId - undefined: the list of runs. @returns a function to call when the tab has gone. */
  join(tab: Tab, runId: string | undefined): () => void {
    const feed = this.#feeds.get(runId) ?? this.#newFeed(runId);
    this.#feeds.set(runId, feed);
    this.#tabs.add(tab);
    feed.join(tab);
    return () => {
      this.#tabs.delete(tab);
      feed.leave(tab);
      if (feed.isEmpty && this.#feeds.get(runId) === feed) this.#feeds.delete(runId);
    };
  }

  close(): void {
    clearInterval(this.#beating);
    for (const tab of this.#tabs) tab.end();
  }

  #newFeed(runId: string | undefined): Feed {
    const newSource = () =>
      runId === undefined ? new RunsSource(this.#client) : new RunSource(this.#client, runId);
    return new Feed(newSource, (err) => {
      const level = toLyceumError(err).code === 'INTERNAL' ? 'error' : 'debug';
      this.#log[level]({ err, runId }, 'updates of open pages broke off; the pages ask again');
    });
  }

  #beat(): void {
    for (const tab of this.#tabs) tab.beat();
  }
}
