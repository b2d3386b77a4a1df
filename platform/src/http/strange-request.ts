/**
 * Refuses requests that pages of other sites make in a browser. Such a page can reach a server that only the browser's
 * machine, or only its certificate, reaches. With a host name of its own that points here (DNS rebinding), it could
 * also read the answers. Clients that are not browsers do not send these headers, and are let through. Pure.
 *
 * Pages are told apart as Go's `net/http.CrossOriginProtection` does it (1.25): by `Sec-Fetch-Site`, which browsers
 * send to https and to loopback (W3C, Fetch Metadata, §2.4), else by `Origin`.
 */
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../process/index.js';

export interface Strange {
  /** HTTP status of the answer: Misdirected Request (RFC 9110, §15.5.20) or Forbidden. */
  readonly status: 421 | 403;
  readonly message: string;
}

/**
 * @param listensAt - host that the server listens on. On loopback only names of loopback are accepted.
 * @returns undefined: the request may be answered.
 */
export function strangeRequest(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  listensAt: string,
): Strange | undefined {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (isLoopback(listensAt) && host !== undefined && !isLoopback(nameIn(host))) {
    const message =
      'this server is on loopback: call it localhost or 127.0.0.1; a proxy before it must send that as Host';
    return { status: 421, message };
  }
  if (method === 'GET' || method === 'HEAD') return undefined;
  const isOwn =
    site === undefined
      ? origin === undefined || hostOf(origin) === host
      : site === 'same-origin' || site === 'none';
  return isOwn
    ? undefined
    : { status: 403, message: 'the request comes from a page of another site' };
}

/** @param host - `NAME`, `NAME:PORT` or `[IPV6]:PORT`. */
function nameIn(host: string): string {
  const [, ipv6, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (ipv6 ?? name ?? '').toLowerCase();
}

/** `HOST:PORT` of an origin; undefined: it has none, such as `null`. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
