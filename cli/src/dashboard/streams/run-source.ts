/**
 * One run, asked for once a second while it goes on, and its events as they are recorded. The run is not watched: a
 * watch would tell every step, and a page is drawn once a second.
 */
import type { RunFacts } from '@lyceum/dashboard/api';
import { sleep, Wakeup } from '@lyceum/platform';
import { LyceumError, RunEvent } from '@lyceum/proto';
import { hasEnded } from '../../client/index.js';
import { askRunFacts } from '../asking/index.js';
import { eventRow } from '../facts/index.js';
import type { News, Source, StreamClient, Tell } from './source.js';

const EVERY_MS = 1000;

/** Slower for a run that has ended: it may still be retried or deleted. */
const ENDED_EVERY_MS = 5000;

export class RunSource implements Source {
  readonly #client: StreamClient;
  readonly #runId: string;
  readonly #wentOn = new Wakeup();
  #goesOn = false;
  #facts: RunFacts | undefined;

  constructor(client: StreamClient, runId: string) {
    this.#client = client;
    this.#runId = runId;
  }

  current(): News[] {
    return this.#facts === undefined ? [] : [{ event: 'run', data: this.#facts }];
  }

  async run(tell: Tell, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    try {
      await Promise.all([this.#tellRun(tell, until), this.#tellEvents(tell, until)]);
    } catch (err) {
      if (!(err instanceof LyceumError) || err.code !== 'NOT_FOUND') throw err;
      tell({ event: 'gone', data: [this.#runId] });
    } finally {
      failed.abort();
    }
  }

  async #tellRun(tell: Tell, signal: AbortSignal): Promise<void> {
    let last = '';
    while (!signal.aborted) {
      const run = await this.#client.getRun(this.#runId);
      this.#goesOn = !hasEnded(run);
      if (this.#goesOn) this.#wentOn.wake();
      const facts = await askRunFacts(this.#client, run);
      const text = JSON.stringify(facts);
      if (text !== last) {
        [last, this.#facts] = [text, facts];
        tell({ event: 'run', data: facts });
      }
      await sleep(this.#goesOn ? EVERY_MS : ENDED_EVERY_MS, signal);
    }
  }

  /**
   * Sends events that are recorded from now on; the page asks for the older ones. An event after the last known one is
   * new, whatever its time, since clocks may be set back. If steps are taken again, the last known event may be
   * removed; then events later than it are new.
   */
  async #tellEvents(tell: Tell, signal: AbortSignal): Promise<void> {
    let last: RunEvent | undefined;
    for await (const event of this.#client.listEvents(this.#runId, { signal })) last = event;
    while (!signal.aborted) {
      if (!this.#goesOn) await this.#wentOn.wait({ signal });
      let isNew = false;
      for await (const event of this.#client.listEvents(this.#runId, { signal, follow: true })) {
        isNew ||= event.atMs > (last?.atMs ?? 0);
        if (isNew) {
          last = event;
          tell({ event: 'happened', data: eventRow(event) });
        } else isNew = last !== undefined && textOf(event) === textOf(last);
      }
      // The run has ended; the other loop will see that soon.
      await sleep(EVERY_MS, signal);
    }
  }
}

function textOf(event: RunEvent): string {
  return JSON.stringify(RunEvent.toJSON(event));
}
