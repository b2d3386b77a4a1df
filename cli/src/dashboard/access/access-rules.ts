/**
 * Which requests are answered at all. Pure.
 *
 * The danger is a page of another site in the same browser. It can send requests to this address, and with a name of
 * its own that points here (DNS rebinding) it could also read the answers. So requests must name a known host, come
 * from a browser that opened the one-time address, and come from this page. Changes must also be JSON, which no form
 * can send.
 */
import type { ErrorCode } from '@lyceum/proto';

/** The parts of a request that the rules look at. */
export interface Asked {
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  /** `sec-fetch-site`: the browser's word for where the asking page comes from. */
  readonly fetchSite?: string | undefined;
  readonly contentType?: string | undefined;
  readonly cookie?: string | undefined;
}

export interface AccessRules {
  readonly scheme: 'http' | 'https';
  /** Whether this name and port belong to this server. */
  readonly isOwnHost: (name: string, port: number) => boolean;
  /** Advice for a request with another host. */
  readonly hostAdvice: string;
  /** Whether the cookies belong to a browser that was let in. */
  readonly hasSession: (cookies: string) => boolean;
  /** Why nothing may be changed here, and what to do; undefined: changes are allowed. */
  readonly readOnly: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Path of the one-time address; the token that lets a browser in follows it. */
export const OPEN_PATH = '/open/';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** @returns undefined: the request may be answered. */
export function refusal(asked: Asked, rules: AccessRules): Refusal | undefined {
  return (
    ofHost(asked, rules) ??
    ofSession(asked, rules) ??
    ofOtherPage(asked) ??
    (asked.method === 'POST' ? ofChange(asked, rules) : undefined)
  );
}

function ofHost({ host = '' }: Asked, rules: AccessRules): Refusal | undefined {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(host) ?? [];
  const known =
    name !== undefined &&
    rules.isOwnHost(name.toLowerCase(), Number(port ?? DEFAULT_PORTS[rules.scheme]));
  return known
    ? undefined
    : refused(421, `this is not the address of the dashboard: ${rules.hostAdvice}`);
}

function ofSession({ path, cookie = '' }: Asked, { hasSession }: AccessRules): Refusal | undefined {
  if (path.startsWith(OPEN_PATH) || hasSession(cookie)) return undefined;
  return refused(
    401,
    'open the address that `coordinator dashboard` (or `coordinator up`) has printed, with /open/ in it; it lets one browser in, once. Start `coordinator dashboard` again for a new one',
  );
}

/** Refuses requests of other pages. A client that sends no such header is no current browser. */
function ofOtherPage({ path, fetchSite = 'none' }: Asked): Refusal | undefined {
  if (!path.startsWith('/api/') || fetchSite === 'same-origin' || fetchSite === 'none') {
    return undefined;
  }
  return refused(403, 'the request comes from a page of another site');
}

function ofChange(asked: Asked, { scheme, readOnly }: AccessRules): Refusal | undefined {
  if (asked.origin !== `${scheme}://${asked.host}`) {
    return refused(
      403,
      'only the dashboard’s own page may ask for changes: `origin` names another page',
    );
  }
  const [type = ''] = (asked.contentType ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/json') {
    return { ...refused(415, 'want content-type: application/json'), code: 'INVALID_ARGUMENT' };
  }
  return readOnly === undefined ? undefined : refused(403, readOnly);
}

function refused(status: number, message: string): Refusal {
  return { status, code: 'PERMISSION_DENIED', message };
}

/** @param name - from a Host header, in lower case. */
export function isLoopbackName(name: string): boolean {
  return name === '127.0.0.1' || name === 'localhost' || name === '[::1]';
}
