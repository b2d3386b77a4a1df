/** Which host a URL calls, and whether a pattern of the operator's matches it. Pure. */
import { isIP } from 'node:net';
import { LyceumError } from '@lyceum/proto';

export interface Callee {
  /** `http`, `https`, `grpc` or `grpcs`. */
  readonly scheme: string;
  /** In lower case, an IPv6 address without brackets. An IPv4 address in its usual form, however the URL spells it. */
  readonly host: string;
  readonly port: number;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the text is no URL of these schemes. */
export function calleeOf(url: string): Callee {
  const [, scheme = ''] = /^(https?|grpcs?):\/\//i.exec(url) ?? [];
  // Parsing as HTTP normalizes the many spellings of an IPv4 address; for other schemes they would count as names.
  const read = readUrl(url.replace(/^grpc/i, 'http'));
  if (scheme === '' || read === undefined) {
    throw new LyceumError('INVALID_ARGUMENT', `${JSON.stringify(url)} is no address to call`);
  }
  const defaultPort = read.protocol === 'https:' ? 443 : 80;
  return {
    scheme: scheme.toLowerCase(),
    host: bareHost(read.hostname),
    port: read.port === '' ? defaultPort : Number(read.port),
  };
}

/** `api.example.org`, `*.example.org:8443`, `https://10.0.0.7`, `[::1]:8001`. */
export interface HostPattern {
  /** Undefined: any. */
  readonly scheme: string | undefined;
  /** True: the pattern is for hosts below `host`, not for `host` itself. */
  readonly below: boolean;
  readonly host: string;
  /** Undefined: any. */
  readonly port: number | undefined;
}

const PATTERN =
  /^(?:(https?|grpcs?):\/\/)?(\*\.)?(\[[0-9a-f:.]+\]|[^\s/:@?#[\]*%]+)(?::(\d{1,5}))?$/i;

/** Undefined: the text is no pattern. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const [, scheme, star, host, port] = PATTERN.exec(text) ?? [];
  const read = host === undefined ? undefined : readUrl(`http://${host}/`);
  if (read === undefined || Number(port) > 65_535) return undefined;
  const bare = bareHost(read.hostname);
  if (star !== undefined && isIP(bare) !== 0) return undefined;
  return {
    scheme: scheme?.toLowerCase(),
    below: star !== undefined,
    host: bare,
    port: port === undefined ? undefined : Number(port),
  };
}

export function matchesHost({ scheme, below, host, port }: HostPattern, callee: Callee): boolean {
  if (scheme !== undefined && scheme !== callee.scheme) return false;
  if (port !== undefined && port !== callee.port) return false;
  return below ? callee.host.endsWith(`.${host}`) : callee.host === host;
}

function readUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A dot at the end names the same host. */
function bareHost(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
