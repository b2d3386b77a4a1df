/**
 * Which requests are answered at all. Pure.
 *
 * A page of somebody else's in the same browser is the danger. It can send requests to this address, and by a name of
 * its own that it lets point here (DNS rebinding) it could also read the answers. So only known hosts are answered, only
 * browsers that opened the one-time address, and only pages that came from here; changes are JSON besides, which no form
 * can send.
 */
import type { ErrorCode } from '@lyceum/proto';

/** What a request says of itself. */
export interface Asked {
  readonly method: string;
  /** Below the address, without the query. */
  readonly path: string;
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  /** `sec-fetch-site`: where the page comes from that asks, as the browser sees it. */
  readonly fetchSite?: string | undefined;
  readonly contentType?: string | undefined;
  readonly cookie?: string | undefined;
}

export interface AccessRules {
  readonly scheme: 'http' | 'https';
  /** Whether it is called by this name, at this port. */
  readonly isOwnHost: (name: string, port: number) => boolean;
  /** What to do if that is not so. */
  readonly hostAdvice: string;
  /** Whether these cookies are a browser's that was let in. */
  readonly hasSession: (cookies: string) => boolean;
  /** Why nothing may be changed here, and what to do; undefined: it may. */
  readonly readOnly: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Behind it is the token that lets a browser in. */
export const OPEN_PATH = '/open/';

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** @returns undefined: it may be answered. */
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

/** Whatever sends no such header is no browser of today. */
function ofOtherPage({ path, fetchSite = 'none' }: Asked): Refusal | undefined {
  if (!path.startsWith('/api/') || fetchSite === 'same-origin' || fetchSite === 'none') {
    return undefined;
  }
  return refused(403, 'this was asked by a page from elsewhere');
}

function ofChange(asked: Asked, { scheme, readOnly }: AccessRules): Refusal | undefined {
  if (asked.origin !== `${scheme}://${asked.host}`) {
    return refused(403, 'only the dashboard’s own page may ask for changes: `origin` is another');
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

/** @param name - of a Host header, in lower case. */
export function isLoopbackName(name: string): boolean {
  return name === '127.0.0.1' || name === 'localhost' || name === '[::1]';
}
