/** One HTTP request to somebody else's server: a deadline, a limit on the answer, and errors that say whom. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { LyceumError } from '../../errors.js';
import type { TlsMaterial } from '../tls-material.js';
import { retryAfterMs as readRetryAfterMs } from './retry-after.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly tls?: TlsMaterial | undefined;
  /** For all of it. */
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** What `Retry-After` says; undefined: nothing. */
  readonly retryAfterMs: number | undefined;
}

/**
 * @returns the answer, whatever its status.
 * @throws {LyceumError} UNAVAILABLE if nobody answers or the answer is cut off, DEADLINE_EXCEEDED, CANCELLED if `signal`
 *   aborts, RESOURCE_EXHAUSTED if the answer is longer than it may be.
 */
export function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const { method, url, headers = {}, body, tls, deadlineMs, maxAnswerBytes, signal } = call;
  const deadline = AbortSignal.timeout(deadlineMs);
  const ended = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  return new Promise((resolve, reject) => {
    const fail = (code: 'UNAVAILABLE' | 'RESOURCE_EXHAUSTED', message: string, cause?: Error) =>
      reject(new LyceumError(code, `${url.host}: ${message}`, { cause }));
    const failed = (err: Error): void => {
      if (signal?.aborted === true) reject(new LyceumError('CANCELLED', `${url.host}: cancelled`));
      else if (deadline.aborted) {
        const message = `${url.host}: no answer within ${deadlineMs / 1000} s`;
        reject(new LyceumError('DEADLINE_EXCEEDED', message));
      } else fail('UNAVAILABLE', err.message || String(err), err);
    };
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { method, headers: { ...headers, ...length }, signal: ended };
    const started = request(url, { ...options, ...tlsOptions(tls) }, (response) => {
      const parts: Buffer[] = [];
      let total = 0;
      response.on('data', (part: Buffer) => {
        total += part.length;
        if (total <= maxAnswerBytes) parts.push(part);
        else {
          fail('RESOURCE_EXHAUSTED', `the answer is longer than ${maxAnswerBytes} bytes`);
          started.destroy();
        }
      });
      response.on('error', failed);
      response.on('aborted', () => failed(new Error('the answer was cut off')));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        const retryAfterMs = readRetryAfterMs(answered['retry-after'] ?? null, Date.now());
        resolve({ status, body: Buffer.concat(parts), retryAfterMs });
      });
    });
    started.on('error', failed);
    started.end(body);
  });
}

function tlsOptions(tls: TlsMaterial | undefined): {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
} {
  const { ca, certificate, key } = tls ?? {};
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  };
}
