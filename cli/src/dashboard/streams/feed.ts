/**
 * Shares one source between all tabs that want the same: it runs from the first tab's arrival to the last one's end. If
 * it ends before, as that of a deleted run does, the next tab starts a new one for all: the run may be back.
 */
import type { News, Source } from './source.js';
import { newsText, type Tab } from './tab.js';

export class Feed {
  readonly #newSource: () => Source;
  readonly #failed: (err: unknown) => void;
  readonly #tabs = new Set<Tab>();
  #running: { readonly source: Source; readonly stopping: AbortController } | undefined;

  /** @param failed - called with the reason when all tabs are sent away; tabs that come again start a new source. */
  constructor(newSource: () => Source, failed: (err: unknown) => void) {
    this.#newSource = newSource;
    this.#failed = failed;
  }

  get isEmpty(): boolean {
    return this.#tabs.size === 0;
  }

  join(tab: Tab): void {
    this.#tabs.add(tab);
    if (this.#running === undefined) this.#start();
    else for (const news of this.#running.source.current()) tab.send(newsText(news));
  }

  leave(tab: Tab): void {
    this.#tabs.delete(tab);
    if (!this.isEmpty) return;
    this.#running?.stopping.abort();
    this.#running = undefined;
  }

  #start(): void {
    const running = { source: this.#newSource(), stopping: new AbortController() };
    this.#running = running;
    const { signal } = running.stopping;
    const tell = (news: News) => {
      if (signal.aborted) return;
      const text = newsText(news);
      for (const tab of this.#tabs) tab.send(text);
    };
    const ended = (): void => {
      if (!signal.aborted) this.#running = undefined;
    };
    running.source.run(tell, signal).then(ended, (err: unknown) => {
      if (signal.aborted) return;
      ended();
      this.#failed(err);
      for (const tab of this.#tabs) tab.end();
    });
  }
}
