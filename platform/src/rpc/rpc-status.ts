/** Converts between {@link LyceumError} and a gRPC status. */
import { STATUS_CODES } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import {
  type ErrorCode,
  LyceumError,
  MESSAGE_CHANGED,
  STATUS_DETAILS_MAX_BYTES,
  toLyceumError,
  tooManyOpenText,
} from '@lyceum/proto';
import type { Logger } from '../process/index.js';
import { tlsTrouble } from '../tls/index.js';

/** Codes of {@link ErrorCode} that this system gives itself; others come from gRPC or a foreign server. */
const CODES: Readonly<Partial<Record<grpc.status, ErrorCode>>> = {
  [grpc.status.CANCELLED]: 'CANCELLED',
  [grpc.status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [grpc.status.OUT_OF_RANGE]: 'INVALID_ARGUMENT',
  [grpc.status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [grpc.status.NOT_FOUND]: 'NOT_FOUND',
  [grpc.status.ALREADY_EXISTS]: 'ALREADY_EXISTS',
  [grpc.status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [grpc.status.UNAUTHENTICATED]: 'PERMISSION_DENIED',
  [grpc.status.RESOURCE_EXHAUSTED]: 'RESOURCE_EXHAUSTED',
  [grpc.status.FAILED_PRECONDITION]: 'FAILED_PRECONDITION',
  [grpc.status.UNIMPLEMENTED]: 'FAILED_PRECONDITION',
  [grpc.status.ABORTED]: 'ABORTED',
  [grpc.status.UNAVAILABLE]: 'UNAVAILABLE',
};

/**
 * The status that the client gets for `thrown`. An unknown error is a bug: the log gets all of it, and the client
 * learns only that there was one.
 */
export function statusOf(thrown: unknown, log: Logger): { code: grpc.status; details: string } {
  // Too many open files is no bug, and only this message tells the client's user which limit to raise.
  const isFull = thrown instanceof Error && tooManyOpenText(thrown.message) !== undefined;
  const err = isFull ? toLyceumError(thrown) : thrown;
  if (err instanceof LyceumError) {
    // INTERNAL: a thread died, or threw what is a bug there. A refusal often quotes the caller's own text, which may
    // be as long as a message.
    const details = bounded(err.message);
    if (err.code === 'INTERNAL') log.error({ err }, 'call failed');
    else log.info({ code: err.code, reason: details }, 'call refused');
    return { code: grpc.status[err.code], details };
  }
  log.error({ err }, 'call failed');
  return { code: grpc.status.INTERNAL, details: 'internal error' };
}

/**
 * The error for a status that is not OK.
 *
 * @param peer - whom the call went to; named in the message if nobody answered.
 */
export function errorOf(
  status: { readonly code: grpc.status; readonly details: string },
  peer: string,
): LyceumError {
  const http = httpStatusIn(status.details);
  const broken = MADE_UP.has(status.code) ? brokenBy(status.details, http) : undefined;
  const code = broken === undefined ? (CODES[status.code] ?? 'INTERNAL') : 'UNAVAILABLE';
  const address = peer.replace(/^(dns|at):/, '');
  if (http !== undefined) {
    return new HttpStatusError(code, `${address}: ${inHttp(http)}`, http, status);
  }
  const unanswered = code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED';
  const said =
    status.details === ''
      ? `status ${grpc.status[status.code]}, without a message`
      : status.details;
  const why = broken ?? inWords(said);
  const message = unanswered ? `${address}: ${why}` : said;
  return new LyceumError(code, message, { cause: status });
}

/** A proxy on the way, or a server of another protocol, answered in HTTP. */
export class HttpStatusError extends LyceumError {
  readonly status: number;

  constructor(code: ErrorCode, message: string, status: number, cause: unknown) {
    super(code, message, { cause });
    this.status = status;
  }
}

/** Statuses that grpc-js makes up for calls that ended without one. Servers that failed also send them. */
const MADE_UP: ReadonlySet<grpc.status> = new Set([
  grpc.status.INTERNAL,
  grpc.status.UNKNOWN,
  grpc.status.CANCELLED,
]);

/** What grpc-js says of a call that the other end cancelled; of one cancelled here, `Cancelled on client`. */
const CANCELLED_THERE = 'Call cancelled';

function httpStatusIn(details: string): number | undefined {
  const [, http] = /^Received HTTP status code (\d+)/.exec(details) ?? [];
  return http === undefined ? undefined : Number(http);
}

/** How the network broke a call whose status grpc-js made up; undefined: it did not, the peer has failed. */
function brokenBy(details: string, http: number | undefined): string | undefined {
  if (saysChanged(details)) return MESSAGE_CHANGED;
  if (http !== undefined) return inHttp(http);
  // gRPC servers end calls with a status, even failed ones: a reset comes from something in between, or from a program
  // that ends.
  return details.startsWith('Received RST_STREAM') || details === CANCELLED_THERE
    ? `the call was cut off (${details})`
    : undefined;
}

function inHttp(status: number): string {
  return `a proxy on the way, or a server of something else, answered with HTTP status ${status} (${STATUS_CODES[status] ?? 'unknown'})`;
}

/** Whether a message was unreadable. Ours are readable unless the network changes them; servers do not tell why. */
function saysChanged(details: string): boolean {
  return details.startsWith('Error deserializing request') || details.endsWith(MESSAGE_CHANGED);
}

/** What grpc-js says if no address of a name could be connected to. */
const NO_CONNECTION =
  /^No connection established\. Last error: (?:Error: )?(.*)\. Resolution note: .*$/s;

/** Why there was no answer, where grpc-js tells. */
function inWords(details: string): string {
  // See `channel-anew.ts`.
  if (details === 'Channel closed before call started') return 'no connection was made in time';
  const known = tooManyOpenText(details) ?? tlsTrouble(details);
  return known ?? details.replace(NO_CONNECTION, 'no connection: $1');
}

/** Details travel in a header, whose length HTTP/2 limits. */
function bounded(details: string): string {
  const bytes = Buffer.from(details);
  if (bytes.length <= STATUS_DETAILS_MAX_BYTES) return details;
  const end = '\n… and more';
  // A cut character at the end decodes to a replacement character, which is taken off.
  const head = bytes.toString('utf8', 0, STATUS_DETAILS_MAX_BYTES - Buffer.byteLength(end));
  return `${head.replace(/\uFFFD$/, '')}${end}`;
}
