/** One open page that reads a stream of server-sent events (HTML, §9.2). */
import { printableTexts } from '@lyceum/proto';
import type { News } from './source.js';

/**
 * Greatest number of unread bytes: some twenty of the largest messages. A tab that is further behind has stopped
 * reading.
 */
const UNREAD_MAX_BYTES = 1024 * 1024;

/** How soon a page asks again after its stream has ended, milliseconds. */
const RETRY_MS = 2000;

/** The used part of Node's responses. */
export interface TabResponse {
  readonly writableLength: number;
  write(text: string): unknown;
  end(): unknown;
  destroy(): unknown;
}

export class Tab {
  readonly #response: TabResponse;

  constructor(response: TabResponse) {
    this.#response = response;
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** @param text - from {@link newsText}. A tab that does not read is disconnected. */
  send(text: string): void {
    if (this.#response.writableLength > UNREAD_MAX_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }

  /** Sends a comment, so that proxies do not take the connection for dead. */
  beat(): void {
    this.send(':\n\n');
  }

  /** Ends the stream. The page asks again by itself. */
  end(): void {
    this.#response.end();
  }
}

export function newsText({ event, data }: News): string {
  return `event: ${event}\ndata: ${JSON.stringify(printableTexts(data))}\n\n`;
}
