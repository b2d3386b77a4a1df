/**
 * Calls of one HTTP endpoint that takes and gives JSON: paced, tried again where that may help, bounded in time and size.
 *
 * Tried again are 408, 425, 429, 5xx but 501 and 505, broken connections, timeouts, and answers that cannot be read; after what
 * the server says in `Retry-After`, and never sooner than a random wait below a bound that doubles (full jitter). Everything
 * else would be answered the same way again. Redirects are not followed: they could carry secrets elsewhere. Messages have
 * the status of an answer and its length, and nothing of what it says: it may be for other eyes. A program that calls for its own
 * user may have them quote the server's own message. Secrets that a server repeats are taken out of all that it says.
 */
import { HTTP_RESPONSE_MAX_BYTES, LyceumError } from '@lyceum/proto';
import { type AddressGuard, shownUrl } from '../outside/index.js';
import { Pace, type Rate, sleep } from '../pacing/index.js';
import { BrokenAnswerError, type HttpAnswer, httpCall } from './http-call.js';
import { jsonOf } from './json-answer.js';
import { refusalReason } from './refusal-reason.js';
import { withoutSecrets } from './secret-headers.js';

const TOO_MANY = 429;

const AGAIN: ReadonlySet<number> = new Set([408, 425, TOO_MANY]);

/** Server errors that no later try would change. */
const NEVER: ReadonlySet<number> = new Set([501, 505]);

const FIRST_WAIT_MS = 500;
const GREATEST_WAIT_MS = 60_000;

/** A server that asks for more patience is one that does not answer today. */
const RETRY_AFTER_MAX_MS = 3_600_000;

export interface JsonCallerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What of these is taken out of answers; default nothing. */
  readonly secrets?: readonly string[];
  /** Which addresses may be called. */
  readonly addresses: AddressGuard;
  readonly rate: Rate;
  readonly timeoutMs: number;
  /** Times that a call is tried. */
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told of each 2xx answer, which may have to be paid, before it is read: what was sent, and what came; undefined: no JSON. */
  readonly answered?: (body: unknown, json: unknown) => void;
  /** Whether messages repeat what a server says of its refusal; default not. */
  readonly quotes?: boolean;
  /** Asked before each try; throws if there may be no more. */
  readonly allow?: (body: unknown) => void;
  /** Told why a try failed that will be repeated, and when; and whether an answer came that cannot be read. */
  readonly retried?: (reason: string, waitMs: number, unreadable: boolean) => void;
}

/** Milliseconds to wait after so many failures: uniform in [0, min(60,000, 500 · 2^failures)). */
export function fullJitterMs(failures: number, random: number): number {
  return Math.floor(random * Math.min(GREATEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
}

/** A server refuses what it is asked, and would again. */
export class HttpRefusedError extends LyceumError {
  readonly status: number;

  constructor(message: string, status: number) {
    super('INVALID_ARGUMENT', message);
    this.status = status;
  }
}

/** A server answered 2xx however often it was tried, and never what can be read. */
export class UnreadableAnswerError extends LyceumError {
  constructor(message: string) {
    super('INTERNAL', message);
  }
}

/** A try that failed. */
interface Failure {
  readonly reason: string;
  readonly again: boolean;
  readonly status: number;
  /** An answer came, and cannot be read. */
  readonly unreadable?: boolean;
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
   * @param problemOf - what keeps a response from being read, in words that repeat nothing of it; undefined: nothing does.
   * @returns the response's JSON.
   * @throws {LyceumError} UNAVAILABLE if it was not answered however often it was tried; {@link UnreadableAnswerError} if it was,
   *   with what cannot be read; {@link HttpRefusedError} if it never will work; PERMISSION_DENIED if no
   *   address of the host may be called; the signal's reason.
   */
  async post(
    body: unknown,
    signal: AbortSignal,
    problemOf: (json: unknown) => string | undefined = () => undefined,
  ): Promise<unknown> {
    const { url, attempts, random, nowMs, retried, allow } = this.#options;
    const text = JSON.stringify(body);
    let unread: string | undefined;
    for (let failures = 0; ; ) {
      await this.#begin(signal);
      allow?.(body);
      const outcome = await this.#try(body, text, problemOf);
      if ('json' in outcome) return outcome.json;
      failures += 1;
      const { reason, again, status, unreadable = false, afterMs = 0 } = outcome;
      if (!again) throw new HttpRefusedError(`${shownUrl(url)}: ${reason}`, status);
      if (unreadable) unread = reason;
      if (failures >= attempts || afterMs > RETRY_AFTER_MAX_MS) {
        const times = failures === 1 ? 'once' : `${failures} times`;
        const patience =
          afterMs > RETRY_AFTER_MAX_MS ? `; asks for ${Math.ceil(afterMs / 60_000)} minutes` : '';
        const isLimited = status === TOO_MANY && unread === undefined && patience === '';
        const slower = isLimited ? '; want a lower rate or concurrency' : '';
        const message = `${shownUrl(url)}: ${unread ?? reason}${patience}; tried ${times}${slower}`;
        throw unread === undefined
          ? new LyceumError('UNAVAILABLE', message)
          : new UnreadableAnswerError(message);
      }
      // What the server says holds for all calls; the jitter is this one's.
      this.#pace.hold(nowMs() + afterMs);
      const waitMs = Math.max(afterMs, fullJitterMs(failures, random()));
      retried?.(reason, waitMs, unreadable);
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
      // A call that was held back meanwhile takes a new turn, so that not all begin at once when the server is back.
      if (this.#pace.heldUntilMs <= beginMs) return;
    }
  }

  async #try(
    body: unknown,
    text: string,
    problemOf: (json: unknown) => string | undefined,
  ): Promise<{ readonly json: unknown } | Failure> {
    const { url, headers, secrets = [], addresses, timeoutMs, answered, quotes } = this.#options;
    let answer: HttpAnswer;
    try {
      answer = await httpCall({
        method: 'POST',
        url: new URL(url),
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: text,
        addresses,
        deadlineMs: timeoutMs,
        maxAnswerBytes: HTTP_RESPONSE_MAX_BYTES,
      });
    } catch (err) {
      if (err instanceof BrokenAnswerError) {
        const { message, status } = err;
        const unreadable = isSuccess(status);
        const reason = unreadable ? message : `answers ${status}, and ${message}`;
        if (unreadable) answered?.(body, undefined);
        return { reason, status, again: unreadable || isPassing(status), unreadable };
      }
      if (!(err instanceof LyceumError && err.retryable)) throw err;
      return { reason: err.message, again: true, status: 0 };
    }
    const { status, retryAfterMs: afterMs } = answer;
    if (!isSuccess(status)) {
      const reason = refusalReason(answer, quotes === true, secrets);
      return { status, reason, again: isPassing(status), afterMs };
    }
    const read = jsonOf(answer);
    if ('problem' in read) {
      answered?.(body, undefined);
      const reason = `answers what ${read.problem}`;
      return { reason, again: true, status, unreadable: true };
    }
    const json = hidden(read.json, secrets);
    answered?.(body, json);
    const reason = problemOf(json);
    if (reason === undefined) return { json };
    return { reason, again: true, status, unreadable: true };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether another try may be answered otherwise. */
function isPassing(status: number): boolean {
  return AGAIN.has(status) || (status >= 500 && !NEVER.has(status));
}

/** A JSON value without secrets in its texts and keys. */
function hidden(json: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0) return json;
  if (typeof json === 'string') return withoutSecrets(json, secrets);
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((part) => hidden(part, secrets));
  const entries = Object.entries(json).map(([key, part]) => [
    withoutSecrets(key, secrets),
    hidden(part, secrets),
  ]);
  return Object.fromEntries(entries);
}
