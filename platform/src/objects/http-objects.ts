/**
 * Objects at https:// and http://, without credentials. Redirects are followed, as hubs of sets need it: each to an address
 * that may be called, and never from https to http.
 */
import { LyceumError } from '@lyceum/proto';
import { retrying } from '../pacing/index.js';
import { shownUrl } from './object-place.js';
import type { ObjectFacts, ObjectRange } from './objects.js';
import { type HttpRequests, type HttpResponse, refusalError } from './requests/index.js';
import { GREATEST_DELAY_MS, resumedRead } from './resumed-read.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

interface Asked {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

export class HttpObjects {
  readonly #requests: HttpRequests;
  readonly #attempts: number;

  constructor(requests: HttpRequests, attempts: number) {
    this.#requests = requests;
    this.#attempts = attempts;
  }

  facts(url: URL, signal?: AbortSignal): Promise<ObjectFacts> {
    const attempt = async (): Promise<ObjectFacts> => {
      const response = await this.#ask({ method: 'HEAD', url, headers: {}, signal });
      response.leave();
      return factsIn(response, shownUrl(url.href));
    };
    return retrying(attempt, {
      tries: this.#attempts,
      greatestDelayMs: GREATEST_DELAY_MS,
      random: Math.random,
      ...(signal !== undefined && { signal }),
    });
  }

  stream(url: URL, range: Partial<ObjectRange>, signal?: AbortSignal): AsyncIterable<Buffer> {
    return resumedRead({
      shown: shownUrl(url.href),
      range,
      get: (headers) => this.#ask({ method: 'GET', url, headers, signal }),
      attempts: this.#attempts,
      signal,
    });
  }

  /** @throws {LyceumError} if the answer is no success. */
  async #ask({ method, url, headers, signal }: Asked): Promise<HttpResponse> {
    const shown = shownUrl(url.href);
    let at = url;
    for (let hops = 0; ; hops++) {
      const response = await this.#requests.send({ method, url: at, shown, headers, signal });
      const { status, retryAfterMs } = response;
      if (status === 200 || status === 206) return response;
      response.leave();
      const location = response.header('location');
      if (!REDIRECTS.has(status) || location === undefined) {
        throw refusalError({ shown, status, retryAfterMs });
      }
      if (hops === MAX_REDIRECTS) {
        throw new LyceumError('INVALID_ARGUMENT', `${shown}: leads to more than ${hops} others`);
      }
      at = redirected(at, location, shown);
    }
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT if the answer does not say how long the object is. */
export function factsIn(response: HttpResponse, shown: string): ObjectFacts {
  const length = response.header('content-length');
  if (length === undefined || !/^\d+$/.test(length)) {
    throw new LyceumError('INVALID_ARGUMENT', `${shown}: its server does not say how long it is`);
  }
  return { sizeBytes: Number(length), etag: response.header('etag') };
}

function redirected(from: URL, location: string, shown: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')) {
    return to;
  }
  throw new LyceumError('INVALID_ARGUMENT', `${shown}: leads to what is no https:// address`);
}
