/**
 * Calls of one HTTP endpoint that takes and gives JSON: paced, repeated where that may help, bounded in time and size.
 *
 * Repeated are calls that end with 408, 425, 429, 5xx except 501 and 505, a broken connection, a timeout, or an answer
 * that cannot be read. The wait is at least what `Retry-After` says, and a random time below a bound that doubles
 * (full jitter). Any other failure would come again. Redirects are not followed: they could send secrets to another
 * server. Messages give an answer's status and length, and quote nothing of it: its text may be meant for other eyes.
 * A program that calls for its own user may quote the server's message. Secrets that a server repeats are removed from
 * all texts.
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

/** Server errors that another try cannot change. */
const NEVER: ReadonlySet<number> = new Set([501, 505]);

const FIRST_WAIT_MS = 500;
const GREATEST_WAIT_MS = 60_000;

/** Default of {@link JsonCallerOptions.longestWaitMs}. */
const RETRY_AFTER_MAX_MS = 3_600_000;

export interface JsonCallerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that are removed from answers. Default: none. */
  readonly secrets?: readonly string[];
  /** Which addresses may be called. */
  readonly addresses: AddressGuard;
  readonly rate: Rate;
  readonly timeoutMs: number;
  /** Greatest number of tries of a call. */
  readonly attempts: number;
  /** A server that asks for a longer wait counts as one that does not answer. Default: an hour. */
  readonly longestWaitMs?: number;
  /** Milliseconds that only rise: by a clock that is set back, calls would wait until it is where it was. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * Called with each 2xx answer, which may cost money, before it is checked: what was sent, and the JSON; undefined:
   * none.
   */
  readonly answered?: (body: unknown, json: unknown) => void;
  /** Whether messages quote the server's words when it refuses. Default: false. */
  readonly quotes?: boolean;
  /** Called before each try; throws if no further try is allowed. */
  readonly allow?: (body: unknown) => void;
  /** Called when a try failed and another follows: why, after which wait, and whether the answer could not be read. */
  readonly retried?: (reason: string, waitMs: number, unreadable: boolean) => void;
}

/** Milliseconds to wait after so many failures: uniform in [0, min(60,000, 500 · 2^failures)). */
export function fullJitterMs(failures: number, random: number): number {
  return Math.floor(random * Math.min(GREATEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
}

/** The server refuses the request, and would refuse it again. */
export class HttpRefusedError extends LyceumError {
  readonly status: number;

  constructor(message: string, status: number) {
    super('INVALID_ARGUMENT', message);
    this.status = status;
  }
}

/** No try succeeded, and at least one got a 2xx answer that cannot be read. */
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
  /** An answer came that cannot be read. */
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
   * @param signal - ends waiting between tries; a call that has been sent is waited for, since it may cost money.
   * @param problemOf - why a response cannot be used, in words that quote none of it; undefined: it can.
   * @returns the response's JSON.
   * @throws {LyceumError} UNAVAILABLE if no try was answered; {@link UnreadableAnswerError} if one was, and cannot
   *   be read; {@link HttpRefusedError} if no try can succeed; PERMISSION_DENIED if no address of the host may be
   * called;
   *   the signal's reason.
   */
  async post(
    body: unknown,
    signal: AbortSignal,
    problemOf: (json: unknown) => string | undefined = () => undefined,
  ): Promise<unknown> {
    const { url, attempts, random, nowMs, retried, allow } = this.#options;
    const { longestWaitMs = RETRY_AFTER_MAX_MS } = this.#options;
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
      if (failures >= attempts || afterMs > longestWaitMs) {
        const times = failures === 1 ? 'once' : `${failures} times`;
        const patience = afterMs > longestWaitMs ? `; it asks to wait ${waitText(afterMs)}` : '';
        const isLimited = status === TOO_MANY && unread === undefined && patience === '';
        const slower = isLimited ? '; want a lower rate or concurrency' : '';
        const message = `${shownUrl(url)}: ${unread ?? reason}${patience}; tried ${times}${slower}`;
        throw unread === undefined
          ? new LyceumError('UNAVAILABLE', message)
          : new UnreadableAnswerError(message);
      }
      // The server's wait holds for all calls; the jitter only for this one.
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
      const reason = `its answer ${read.problem}`;
      return { reason, again: true, status, unreadable: true };
    }
    const json = hidden(read.json, secrets);
    answered?.(body, json);
    const reason = problemOf(json);
    if (reason === undefined) return { json };
    return { reason, again: true, status, unreadable: true };
  }
}

function waitText(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} minutes`;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether another try may have a different outcome. */
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
