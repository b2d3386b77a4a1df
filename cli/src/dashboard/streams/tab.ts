/** One open page at the other end of a stream of server-sent events (HTML, §9.2). */
import { printableTexts } from '@lyceum/proto';
import type { News } from './source.js';

/** What may lie here unread: some twenty of the largest messages. A tab that is further behind has stopped reading. */
const UNREAD_MAX_BYTES = 1024 * 1024;

/** How soon a page asks again after its stream has ended, in milliseconds. */
const RETRY_MS = 2000;

/** As Node's responses have it. */
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

  /** @param text - as {@link newsText} gives it. A tab that does not read is hung up on. */
  send(text: string): void {
    if (this.#response.writableLength > UNREAD_MAX_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }

  /** A comment: it keeps what lies between from taking the connection for dead. */
  beat(): void {
    this.send(':\n\n');
  }

  /** The page asks again by itself. */
  end(): void {
    this.#response.end();
  }
}

export function newsText({ event, data }: News): string {
  return `event: ${event}\ndata: ${JSON.stringify(printableTexts(data))}\n\n`;
}
