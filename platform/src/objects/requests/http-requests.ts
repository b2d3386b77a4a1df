/**
 * Single HTTP requests by undici, at addresses that may be called, over connections that are kept. Limits: the time
 * until an answer's headers come, and the least speed of its body.
 */
import { isIP, type LookupFunction } from 'node:net';
import { LyceumError } from '@lyceum/proto';
import { type Dispatcher, Pool } from 'undici';
import { retryAfterMs } from '../../http/index.js';
import { type AddressGuard, calleeOf } from '../../outside/index.js';
import { steadily } from './steady-body.js';

/** To connect takes a round trip or two. */
const CONNECT_MS = 10_000;

/** The least speed of a body; a slower one counts as broken. */
const LEAST_BYTES_PER_SECOND = 16 * 1024;

/** Reading up to this many unwanted bytes is cheaper than a new connection. */
const LEFT_MAX_BYTES = 64 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  /** The URL of the object, as messages show it. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The body, as it comes. A reader that stops early ends the connection. Call `leave` if you do not begin to read. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends with this answer: reads a short body to its end, so that the connection stays, and cuts off a longer one. */
  leave(): void;
  /** The first bytes of the body, at most `maxBytes`. Never throws. */
  beginning(maxBytes: number): Promise<Buffer>;
}

export class HttpRequests {
  readonly #guard: AddressGuard;
  readonly #timeoutMs: number;
  /** By origin. */
  readonly #pools = new Map<string, Pool>();
  #isClosed = false;

  /** @param timeoutMs - for the headers; the body's speed is measured over windows of the same length. */
  constructor(guard: AddressGuard, timeoutMs: number) {
    this.#guard = guard;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @returns the answer, whatever its status.
   * @throws {LyceumError} UNAVAILABLE if no answer comes in time, PERMISSION_DENIED if no address of the host may be
   *   called, CANCELLED; reading the body throws the same.
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const { method, url, headers, body, signal } = request;
    const uploadMs = ((body?.length ?? 0) / LEAST_BYTES_PER_SECOND) * 1000;
    let data: Dispatcher.ResponseData;
    try {
      if (this.#isClosed) throw new LyceumError('CANCELLED', 'closed');
      this.#guard.checkLiteral(calleeOf(url.href));
      data = await this.#pool(url).request({
        method,
        path: `${url.pathname}${url.search}`,
        headers: { 'user-agent': 'lyceum', 'accept-encoding': 'identity', ...headers },
        headersTimeout: this.#timeoutMs + uploadMs,
        ...(body !== undefined && { body }),
        ...(signal !== undefined && { signal }),
      });
    } catch (err) {
      throw this.#failure(request, err);
    }
    return this.#response(request, data);
  }

  /** Requests that are under way end as CANCELLED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #response(request: HttpRequest, data: Dispatcher.ResponseData): HttpResponse {
    const header = (name: string): string | undefined => {
      const value = data.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    // The iterator throws the error where the body is read. Where it is not read, the error does not matter.
    data.body.on('error', () => {});
    const failure = (err: unknown) => this.#failure(request, err);
    const body = steadily(data.body, {
      windowMs: this.#timeoutMs,
      leastBytesPerSecond: LEAST_BYTES_PER_SECOND,
      failure,
    });
    return {
      status: data.statusCode,
      header,
      retryAfterMs: retryAfterMs(header('retry-after') ?? null, Date.now()),
      body,
      leave: () => {
        const signal = AbortSignal.timeout(this.#timeoutMs);
        data.body.dump({ limit: LEFT_MAX_BYTES, signal }).catch(() => {});
      },
      beginning: (maxBytes) => beginningOf(body, maxBytes),
    };
  }

  #pool({ origin }: URL): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      const callee = calleeOf(origin);
      // Node calls this for names only; an address in a URL was checked before.
      const lookup: LookupFunction = this.#guard.lookup(callee);
      pool = new Pool(origin, {
        connect: {
          timeout: Math.min(CONNECT_MS, this.#timeoutMs),
          ...(isIP(callee.host) === 0 && { lookup }),
        },
        bodyTimeout: 0,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  #failure({ shown, signal }: HttpRequest, thrown: unknown): LyceumError {
    const err = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
    if (signal?.aborted === true || this.#isClosed)
      return new LyceumError('CANCELLED', `${shown}: cancelled`);
    if (err instanceof LyceumError) {
      return new LyceumError(err.code, `${shown}: ${err.message}`, { cause: err });
    }
    const code = err instanceof Error && 'code' in err ? err.code : undefined;
    const message = err instanceof Error ? err.message : String(err);
    const why =
      code === 'UND_ERR_HEADERS_TIMEOUT'
        ? `no answer within ${this.#timeoutMs / 1000} s`
        : `the connection failed: ${message}`;
    return new LyceumError('UNAVAILABLE', `${shown}: ${why}`, { cause: err });
  }
}

async function beginningOf(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= maxBytes) break;
    }
  } catch {
    // The bytes that came are returned.
  }
  return Buffer.concat(parts).subarray(0, maxBytes);
}
