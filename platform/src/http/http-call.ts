/**
 * One HTTP request to an outside server, at addresses that may be called: a deadline, and a limit on the answer.
 * Redirects are returned like other answers: following one could send secrets to another server.
 */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { LyceumError, tooManyOpenText } from '@lyceum/proto';
import { type AddressGuard, calleeOf } from '../outside/index.js';
import { joinSignals } from '../pacing/index.js';
import { isNoTls, type TlsMaterial } from '../tls/index.js';
import { decoded } from './content-encoding.js';
import { retryAfterMs as readRetryAfterMs } from './retry-after.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly tls?: TlsMaterial | undefined;
  /** Which addresses may be called. */
  readonly addresses: AddressGuard;
  /** For the whole call. */
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
  /** The first of these that aborts ends the call. They may live for any number of calls. */
  readonly signals?: readonly AbortSignal[];
  /**
   * Whether the request is sent again over a new connection if the server closed the kept one at that moment (RFC
   * 9112, §9.3.1). The server may have read it before: leave this off where calls are counted or cost money. Default:
   * false.
   */
  readonly mayRepeat?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Decompressed. */
  readonly body: Buffer;
  /** Lower case, without parameters, such as `text/html`; empty: the server names none. */
  readonly contentType: string;
  /** Where the answer redirects to; undefined: nowhere. */
  readonly location: string | undefined;
  /** From `Retry-After`; undefined: there is none. */
  readonly retryAfterMs: number | undefined;
}

/** Only a part of the answer came, or it is too long. */
export class BrokenAnswerError extends LyceumError {
  readonly status: number;

  constructor(code: 'UNAVAILABLE' | 'RESOURCE_EXHAUSTED', message: string, status: number) {
    super(code, message);
    this.status = status;
  }
}

/**
 * @returns the answer, whatever its status.
 * @throws {LyceumError} UNAVAILABLE if nobody answers, DEADLINE_EXCEEDED, CANCELLED if a signal aborts,
 *   PERMISSION_DENIED if no address of the host may be called; {@link BrokenAnswerError} UNAVAILABLE if the answer is
 *   cut off or its compression cannot be read, RESOURCE_EXHAUSTED if it is too long. The messages do not name the host.
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const { signals = [], deadlineMs } = call;
  const deadline = AbortSignal.timeout(deadlineMs);
  const ended = joinSignals([deadline, ...signals]);
  try {
    return await answeredCall(call, deadline, ended.signal);
  } finally {
    ended.letGo();
  }
}

/** @param ended - aborts with the deadline, or with one of the call's signals. */
function answeredCall(
  call: HttpCall,
  deadline: AbortSignal,
  ended: AbortSignal,
): Promise<HttpAnswer> {
  const {
    method,
    url,
    headers = {},
    body,
    tls,
    addresses,
    deadlineMs,
    maxAnswerBytes,
    signals = [],
    mayRepeat = false,
  } = call;
  return new Promise((resolve, reject) => {
    const failed = (err: Error): void => {
      if (err instanceof LyceumError) reject(err);
      else if (signals.some(({ aborted }) => aborted))
        reject(new LyceumError('CANCELLED', 'cancelled'));
      else if (deadline.aborted) {
        const message = `no answer within ${deadlineMs / 1000} s`;
        reject(new LyceumError('DEADLINE_EXCEEDED', message));
      } else {
        const why = `${err.message || String(err)}${authorityText(err)}`;
        const words = tooManyOpenText(why) ?? otherProtocol(err) ?? why;
        reject(new LyceumError('UNAVAILABLE', words, { cause: err }));
      }
    };
    const isTls = url.protocol === 'https:';
    const callee = calleeOf(url.href);
    addresses.checkLiteral(callee);
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = {
      method,
      headers: { 'user-agent': 'lyceum', 'accept-encoding': 'identity', ...headers, ...length },
      signal: ended,
      lookup: addresses.lookup(callee),
      agent: isTls ? addresses.agents.https : addresses.agents.http,
      ...tlsOptions(tls),
    };
    const send = (): void => {
      // The answer, its error or the next try tells the rest.
      let isOver = false;
      const started = (isTls ? requestHttps : requestHttp)(url, options, (response) => {
        isOver = true;
        answerOf(response, maxAnswerBytes, ended).then(resolve, failed);
      });
      started.on('error', (err) => {
        if (isOver) return;
        isOver = true;
        if (mayRepeat && started.reusedSocket && !ended.aborted && isClosing(err)) send();
        else failed(err);
      });
      // If a server switches protocols, the connection ends without an error and without an answer.
      started.on('close', () => {
        if (!isOver) failed(new Error('the connection ended without an answer'));
      });
      started.end(body);
    };
    send();
  });
}

/** OpenSSL's codes for a certificate whose authority is unknown. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Advice: what would make this program accept the server's certificate. */
function authorityText({ code = '' }: NodeJS.ErrnoException): string {
  if (!UNKNOWN_AUTHORITY.has(code)) return '';
  return ': no authority that this process trusts has signed it; NODE_EXTRA_CA_CERTS=FILE at its start adds authorities, and so does tls.ca of an inference server';
}

/** Says that the server seems to speak another protocol than the URL names; undefined: no sign of that. */
function otherProtocol({ code, message }: NodeJS.ErrnoException): string | undefined {
  if (code === 'EPROTO' && isNoTls(message)) return 'it speaks no TLS';
  return code === 'HPE_INVALID_CONSTANT'
    ? 'it speaks no HTTP/1.1; it may be a port of gRPC'
    : undefined;
}

/** Whether the peer closed the connection. */
function isClosing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/**
 * @param ended - aborts if the call ends before its answer does.
 * @throws {BrokenAnswerError} as {@link httpCall}; the reason of `ended`.
 */
async function answerOf(
  response: IncomingMessage,
  maxAnswerBytes: number,
  ended: AbortSignal,
): Promise<HttpAnswer> {
  const { statusCode: status = 0, headers } = response;
  const { location, 'content-encoding': coding, 'content-type': type = '' } = headers;
  const parts: Buffer[] = [];
  let total = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      total += part.length;
      if (total > maxAnswerBytes) {
        const message = `the answer is longer than the ${maxAnswerBytes} bytes that are read`;
        throw new BrokenAnswerError('RESOURCE_EXHAUSTED', message, status);
      }
      parts.push(part);
    }
  } catch (err) {
    if (err instanceof BrokenAnswerError || ended.aborted) throw err;
    const message = `the answer was cut off after ${total} bytes`;
    throw new BrokenAnswerError('UNAVAILABLE', message, status);
  }
  const retryAfterMs = readRetryAfterMs(headers['retry-after'] ?? null, Date.now());
  const body = await decoded(Buffer.concat(parts), coding, maxAnswerBytes);
  if (!Buffer.isBuffer(body)) {
    const { problem, isTooLong } = body;
    const code = isTooLong ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE';
    throw new BrokenAnswerError(code, problem, status);
  }
  const contentType = type.replace(/;.*$/s, '').trim().toLowerCase();
  return { status, body, contentType, location, retryAfterMs };
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
