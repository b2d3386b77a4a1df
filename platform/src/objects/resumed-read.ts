/** Bytes of an object over HTTP, all of one version. A read that breaks off continues where it was. */
import { LyceumError } from '@lyceum/proto';
import { RetryLaterError, retryDelayMs, sleep } from '../pacing/index.js';
import type { ObjectRange } from './objects.js';
import { type HttpResponse, ObjectChangedError } from './requests/index.js';

/** A server that asks for a longer wait counts as one that does not answer. */
export const GREATEST_DELAY_MS = 60_000;

/** After this much progress a read counts its failures anew. */
const PROGRESS_BYTES = 1024 * 1024;

interface ResumedRead {
  /** The URL, as messages show it. */
  readonly shown: string;
  readonly range: Partial<ObjectRange>;
  /** One try with these headers. @returns the answer; throws unless it is a success. */
  readonly get: (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>;
  /** Greatest number of tries in a row without progress. */
  readonly attempts: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws as {@link Objects} does. */
export async function* resumedRead(read: ResumedRead): AsyncGenerator<Buffer, void, undefined> {
  const { shown, range, get, attempts, signal } = read;
  let at = range.start ?? 0;
  let { end, etag } = range;
  if (at === end) return;
  let countedAt = at;
  for (let failures = 0; ; ) {
    try {
      const response = await get(headersFor(at, end, etag));
      const facts = checkedPart(response, { shown, at, end, etag });
      end ??= facts.end;
      etag ??= response.header('etag');
      for await (const chunk of response.body) {
        if (end !== undefined && at + chunk.length > end) {
          throw new LyceumError('UNAVAILABLE', `${shown}: more bytes come than were asked for`);
        }
        at += chunk.length;
        yield chunk;
      }
      if (end === undefined || at === end) return;
      throw new LyceumError('UNAVAILABLE', `${shown}: the answer ends at byte ${at} of ${end}`);
    } catch (err) {
      if (at - countedAt >= PROGRESS_BYTES) {
        failures = 0;
        countedAt = at;
      }
      failures += 1;
      if (!(err instanceof LyceumError && err.retryable) || failures >= attempts) throw err;
      const delayMs = retryDelayMs(failures - 1, Math.random());
      const wantedMs = err instanceof RetryLaterError ? err.retryAfterMs : 0;
      if (wantedMs > GREATEST_DELAY_MS) throw err;
      await sleep(Math.max(delayMs, wantedMs), signal);
      if (signal?.aborted === true) throw new LyceumError('CANCELLED', `${shown}: cancelled`);
    }
  }
}

function headersFor(at: number, end: number | undefined, etag: string | undefined) {
  const isPart = at > 0 || end !== undefined;
  return {
    ...(isPart && { range: `bytes=${at}-${end === undefined ? '' : end - 1}` }),
    // A weak ETag never matches in this header (RFC 9110, §13.1.1); it is compared with the answer's.
    ...(etag !== undefined && !etag.startsWith('W/') && { 'if-match': etag }),
  };
}

interface WantedPart {
  readonly shown: string;
  readonly at: number;
  readonly end: number | undefined;
  readonly etag: string | undefined;
}

/**
 * @returns the end of the bytes that come; undefined: not told. @throws {LyceumError} if they are not the wanted ones.
 */
function checkedPart(
  response: HttpResponse,
  { shown, at, end, etag }: WantedPart,
): { readonly end: number | undefined } {
  const refuse = (err: LyceumError): never => {
    response.leave();
    throw err;
  };
  if (/gzip|deflate|br|zstd|compress/i.test(response.header('content-encoding') ?? '')) {
    const message = `${shown}: its server sends it compressed (Content-Encoding), so no part of it can be read; want it sent as it is`;
    refuse(new LyceumError('INVALID_ARGUMENT', message));
  }
  const found = response.header('etag');
  if (etag !== undefined && found !== undefined && found !== etag) {
    refuse(new ObjectChangedError(shown, `its ETag is ${found}, not ${etag}`));
  }
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.header('content-range') ?? '') ?? [];
  if (response.status !== 206) {
    const length = response.header('content-length');
    if (at > 0 || (end !== undefined && Number(length) > end)) {
      const message = `${shown}: its server sends the whole object where a part is asked for; sets in shards need a server that serves ranges`;
      refuse(new LyceumError('INVALID_ARGUMENT', message));
    }
    if (length === undefined) return { end: undefined };
    return { end: checkedEnd(Number(length), Number(length)) };
  }
  if (Number(first) !== at) {
    refuse(
      new LyceumError('UNAVAILABLE', `${shown}: its server sends another part than was asked for`),
    );
  }
  return { end: checkedEnd(Number(last) + 1, total === '*' ? undefined : Number(total)) };

  function checkedEnd(comesTo: number, size: number | undefined): number {
    if (end !== undefined && comesTo < end) {
      const has = size === undefined ? `its bytes end at ${comesTo}` : `it has ${size} bytes`;
      refuse(new ObjectChangedError(shown, `${has}, and those up to ${end} are wanted`));
    }
    return comesTo;
  }
}
