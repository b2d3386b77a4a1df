/**
 * Objects at https:// and http://, without credentials. Redirects are followed, as hubs of data sets need them: each
 * to an address that may be called, and never from https to http.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { isRedirect } from '../http/index.js';
import { shownUrl } from '../outside/index.js';
import { retrying } from '../pacing/index.js';
import type { ObjectFacts, ObjectRange } from './objects.js';
import {
  type HttpRequest,
  type HttpRequests,
  type HttpResponse,
  refusalError,
} from './requests/index.js';
import { GREATEST_DELAY_MS, resumedRead } from './resumed-read.js';

const MAX_REDIRECTS = 5;

/** Statuses of servers that answer only GET. A signed URL is also for one method only. */
const WITHOUT_HEAD: ReadonlySet<number> = new Set([403, 405, 501]);

interface Asked {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Which addresses the redirects of a host may lead to. A host at a `bound` address may lead only to `bound` addresses.
 * The connection shows the host's kind: if the name were looked up once more, it could resolve to another address.
 */
export interface Redirects {
  /** Calls only the bound addresses. */
  readonly bound: HttpRequests;
  /** Calls all other hosts. A person named them, so they may lead wherever other URLs may. */
  readonly others: HttpRequests;
}

export class HttpObjects {
  readonly #requests: HttpRequests;
  readonly #redirects: Redirects | undefined;
  readonly #attempts: number;

  /** @param redirects - undefined: redirects may lead to all addresses that may be called. */
  constructor(requests: HttpRequests, redirects: Redirects | undefined, attempts: number) {
    this.#requests = requests;
    this.#redirects = redirects;
    this.#attempts = attempts;
  }

  facts(url: URL, signal?: AbortSignal): Promise<ObjectFacts> {
    const attempt = async (): Promise<ObjectFacts> => {
      const head = await this.#answer({ method: 'HEAD', url, headers: {}, signal });
      head.response.leave();
      const isOfUse =
        isSuccess(head.response) && head.response.header('content-length') !== undefined;
      if (isOfUse) return factsIn(head.response, shownUrl(url.href));
      if (!isSuccess(head.response) && !WITHOUT_HEAD.has(head.response.status))
        throw refusalOf(head);
      const range = { range: 'bytes=0-0' };
      const first = await this.#ask({ method: 'GET', url, headers: range, signal });
      first.leave();
      return factsIn(first, shownUrl(url.href));
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
  async #ask(asked: Asked): Promise<HttpResponse> {
    const answer = await this.#answer(asked);
    if (isSuccess(answer.response)) return answer.response;
    answer.response.leave();
    throw refusalOf(answer);
  }

  /** Follows redirects. @returns the first answer that is none. */
  async #answer({ method, url, headers, signal }: Asked): Promise<Answer> {
    const shown = shownUrl(url.href);
    let at = url;
    let { response, requests } = await this.#begun({ method, url, shown, headers, signal });
    for (let hops = 0; ; hops++) {
      const location = response.header('location');
      if (!isRedirect(response.status) || location === undefined) {
        return { response, shown, hint: hops === 0 ? undefined : `it redirected to ${at.host}` };
      }
      response.leave();
      if (hops === MAX_REDIRECTS) {
        throw new LyceumError('INVALID_ARGUMENT', `${shown}: redirects more than ${hops} times`);
      }
      at = redirected(at, location, shown);
      response = await requests.send({ method, url: at, shown, headers, signal }).catch((err) => {
        throw requests === this.#requests ? err : ledAstray(err, shown, at);
      });
    }
  }

  /** The first answer, and the requests that follow its redirects. */
  async #begun(
    request: HttpRequest,
  ): Promise<{ response: HttpResponse; readonly requests: HttpRequests }> {
    const { bound, others } = this.#redirects ?? {};
    if (bound !== undefined) {
      try {
        return { response: await bound.send(request), requests: bound };
      } catch (err) {
        if (toLyceumError(err).code !== 'PERMISSION_DENIED') throw err;
      }
    }
    return { response: await (others ?? this.#requests).send(request), requests: this.#requests };
  }
}

interface Answer {
  readonly response: HttpResponse;
  /** The URL that was asked for, as messages show it. */
  readonly shown: string;
  readonly hint: string | undefined;
}

function isSuccess({ status }: HttpResponse): boolean {
  return status === 200 || status === 206;
}

function refusalOf({ response: { status, retryAfterMs }, shown, hint }: Answer): LyceumError {
  return refusalError({ shown, status, hint, retryAfterMs });
}

/** @throws {LyceumError} INVALID_ARGUMENT if the answer does not say how long the object is. */
export function factsIn(response: HttpResponse, shown: string): ObjectFacts {
  const [, total] = /^bytes 0-0\/(\d+)$/.exec(response.header('content-range') ?? '') ?? [];
  const length = response.status === 206 ? total : response.header('content-length');
  if (length === undefined || !/^\d+$/.test(length)) {
    throw new LyceumError('INVALID_ARGUMENT', `${shown}: its server does not say how long it is`);
  }
  return { sizeBytes: Number(length), etag: response.header('etag') };
}

/** The guard's message would name the operator's list; redirects have another one. */
function ledAstray(thrown: unknown, shown: string, { host }: URL): unknown {
  if (toLyceumError(thrown).code !== 'PERMISSION_DENIED') return thrown;
  const message = `${shown}: redirects to ${host}, which is no public address; name that URL itself if it is meant`;
  return new LyceumError('PERMISSION_DENIED', message, { cause: thrown });
}

function redirected(from: URL, location: string, shown: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')) {
    return to;
  }
  throw new LyceumError('INVALID_ARGUMENT', `${shown}: redirects to an address without https://`);
}
