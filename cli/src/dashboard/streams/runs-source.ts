/**
 * The newest runs, all that have not ended, and the workers: asked for once a second, sent where they have changed.
 */

import type { WorkerFacts } from '@lyceum/dashboard/api';
import { sleep } from '@lyceum/platform';
import { type ListRunsResponse, LyceumError } from '@lyceum/proto';
import { isEnd, RUN_STATES } from '../../client/index.js';
import { runRow, workerFacts } from '../facts/index.js';
import { ListedRuns } from './listed-runs.js';
import type { News, Source, StreamClient, Tell } from './source.js';

const EVERY_MS = 1000;

/** Number of the newest runs that are watched, in addition to those that have not ended. */
const NEWEST = 100;
const ACTIVE_MAX = 500;

const ACTIVE_STATES = RUN_STATES.filter(({ name }) => !isEnd(name)).map(({ state }) => state);

export class RunsSource implements Source {
  readonly #client: StreamClient;
  readonly #listed = new ListedRuns();
  #workers: WorkerFacts | undefined;

  constructor(client: StreamClient) {
    this.#client = client;
  }

  current(): News[] {
    return [
      { event: 'runs', data: this.#listed.rows },
      ...(this.#workers === undefined ? [] : [{ event: 'workers', data: this.#workers } as const]),
    ];
  }

  async run(tell: Tell, signal: AbortSignal): Promise<void> {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      await Promise.all([this.#tellRuns(tell, isFirst), this.#tellWorkers(tell)]);
      await sleep(EVERY_MS, signal);
    }
  }

  async #tellRuns(tell: Tell, isFirst: boolean): Promise<void> {
    const newest = await this.#client.pageOfRuns({ pageSize: NEWEST, brief: true });
    const { changed, gone, unseen } = this.#listed.update(newest, await this.#others(newest));
    const ended = await Promise.all(unseen.map((id) => this.#ended(id)));
    const rows = [...changed, ...ended.flatMap(({ row }) => row ?? [])];
    const deleted = [...gone, ...ended.flatMap(({ id, row }) => (row === undefined ? [id] : []))];
    // At first an empty list is sent too: the page must learn that there are no runs.
    if (isFirst || rows.length > 0) tell({ event: 'runs', data: rows });
    if (deleted.length > 0) tell({ event: 'gone', data: deleted });
  }

  /** Runs that have not ended and are not among the newest; undefined: there are none. */
  async #others({ runs, counts }: ListRunsResponse): Promise<ListRunsResponse | undefined> {
    const isActive = ({ state }: { readonly state: number }) =>
      ACTIVE_STATES.some((active) => active === state);
    const total = counts.filter(isActive).reduce((sum, { count }) => sum + count, 0);
    if (total <= runs.filter(isActive).length) return undefined;
    const wanted = { states: ACTIVE_STATES, pageSize: ACTIVE_MAX, brief: true };
    return this.#client.pageOfRuns(wanted);
  }

  async #ended(id: string) {
    try {
      return { id, row: runRow(await this.#client.getRun(id)) };
    } catch (err) {
      if (err instanceof LyceumError && err.code === 'NOT_FOUND') return { id, row: undefined };
      throw err;
    }
  }

  async #tellWorkers(tell: Tell): Promise<void> {
    const facts = workerFacts(await this.#client.clusterWorkers());
    if (JSON.stringify(facts) === JSON.stringify(this.#workers)) return;
    this.#workers = facts;
    tell({ event: 'workers', data: facts });
  }
}
