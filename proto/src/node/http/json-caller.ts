/**
 * Calls of one HTTP endpoint that takes and gives JSON: paced, tried again where that may help, bounded in time and size.
 *
 * Tried again are 408, 425, 429, 500, 502, 503, 504, broken connections and timeouts; after what the server says in
 * `Retry-After`, and never sooner than a random wait below a bound that doubles (full jitter). Everything else would be
 * answered the same way again. Redirects are not followed: they could carry secrets elsewhere.
 */
import { LyceumError } from '../../errors.js';
import { HTTP_RESPONSE_MAX_BYTES } from '../../limits.js';
import { sleep } from '../backoff.js';
import { Pace, type Rate } from './pace.js';
import { retryAfterMs } from './retry-after.js';

const AGAIN: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const FIRST_WAIT_MS = 500;
const GREATEST_WAIT_MS = 60_000;

/** A server that asks for more patience is one that does not answer today. */
export const RETRY_AFTER_MAX_MS = 3_600_000;

/** What is shown of a response that is no answer. */
const SHOWN_CHARACTERS = 200;

export interface JsonCallerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rate: Rate;
  readonly timeoutMs: number;
  /** Times that a call is tried. */
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Asked before each try; throws if there may be no more. */
  readonly allow?: () => void;
  /** Told why a try failed that will be repeated, and when. */
  readonly retried?: (reason: string, waitMs: number) => void;
}

/** Milliseconds to wait after so many failures: uniform in [0, min(60,000, 500 · 2^failures)). */
export function fullJitterMs(failures: number, random: number): number {
  return Math.floor(random * Math.min(GREATEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
}

/** A server answered what is no answer, and would again. */
export class HttpRefusedError extends LyceumError {
  /** 2xx: what it answered could not be read. */
  readonly status: number;

  constructor(message: string, status: number) {
    super('INVALID_ARGUMENT', message);
    this.status = status;
  }
}

/** A try that failed. */
interface Failure {
  readonly reason: string;
  readonly again: boolean;
  readonly status: number;
  readonly afterMs?: number | undefined;
}

export class JsonCaller {
  readonly #options: JsonCallerOptions;
  readonly #pace: Pace;

  constructor(options: JsonCallerOptions) {
    this.#options = options;
    this.#pace = new Pace(options.rate);
  }

  /**
   * @param signal - ends waiting; a call that has been sent is waited for, since it may be paid.
   * @returns the response's JSON.
   * @throws {LyceumError} UNAVAILABLE if it did not work however often it was tried; {@link HttpRefusedError} if it never will;
   *   the signal's reason.
   */
  async post(body: unknown, signal: AbortSignal): Promise<unknown> {
    const { attempts, random, nowMs, retried, allow } = this.#options;
    const text = JSON.stringify(body);
    for (let failures = 0; ; ) {
      await this.#begin(signal);
      allow?.();
      const outcome = await this.#try(text);
      if ('json' in outcome) return outcome.json;
      failures += 1;
      const { reason, again, status, afterMs = 0 } = outcome;
      if (!again) throw new HttpRefusedError(`${this.#options.url}: ${reason}`, status);
      if (failures >= attempts || afterMs > RETRY_AFTER_MAX_MS) {
        const times = failures === 1 ? 'once' : `${failures} times`;
        const message = `${this.#options.url}: ${reason}; tried ${times}`;
        throw new LyceumError('UNAVAILABLE', message);
      }
      // What the server says holds for all calls; the jitter is this one's.
      this.#pace.hold(nowMs() + afterMs);
      const waitMs = Math.max(afterMs, fullJitterMs(failures, random()));
      retried?.(reason, waitMs);
      await sleep(waitMs, signal);
      signal.throwIfAborted();
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { nowMs } = this.#options;
    for (;;) {
      const beginMs = this.#pace.claim(nowMs());
      while (beginMs > nowMs()) {
        await sleep(beginMs - nowMs(), signal);
        signal.throwIfAborted();
      }
      // Who was held back meanwhile takes a new turn: not all begin at once when the server takes calls again.
      if (this.#pace.heldUntilMs <= beginMs) return;
    }
  }

  async #try(body: string): Promise<{ readonly json: unknown } | Failure> {
    const { url, headers, timeoutMs, nowMs } = this.#options;
    let response: Response | undefined;
    let text: string;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await boundedText(response);
    } catch (err) {
      const status = response?.status ?? 0;
      if (err instanceof LyceumError) return { reason: err.message, again: false, status };
      return { reason: failureText(err, timeoutMs), again: true, status };
    }
    const { status } = response;
    if (!response.ok) {
      return {
        status,
        reason: `answers ${status} ${response.statusText}${excerpt(text)}`,
        again: AGAIN.has(status),
        afterMs: retryAfterMs(response.headers.get('retry-after'), nowMs()),
      };
    }
    try {
      return { json: JSON.parse(text) };
    } catch {
      return { reason: `answers what is no JSON${excerpt(text)}`, again: false, status };
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > HTTP_RESPONSE_MAX_BYTES) {
      const message = `answers more than the ${HTTP_RESPONSE_MAX_BYTES} bytes that are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function failureText(err: unknown, timeoutMs: number): string {
  if (!(err instanceof Error)) return String(err);
  if (err.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  // fetch says no more than "fetch failed"; why is in the cause.
  return err.cause instanceof Error ? err.cause.message || err.cause.name : err.message;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line}`;
}
