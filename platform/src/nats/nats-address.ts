/** A NATS server's address, as people write it: `nats://HOST:PORT`. Pure. */
import { LyceumError } from '@lyceum/proto';

const DEFAULT_PORT = 4222;

const ADDRESS =
  /^(?:(?:nats|tls):\/\/)?(?:[^@/]*@)?(?:[^\s/:@[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i;

/** The text without user and password, whether it is an address or not. */
export function shownAddress(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/s, '$1');
}

/**
 * @returns the address without user and password.
 * @throws {LyceumError} INVALID_ARGUMENT if the text is no address.
 */
export function checkedAddress(url: string): string {
  const address = shownAddress(url);
  // The port may be too great for one, or the IPv6 host none.
  if (ADDRESS.test(url) && URL.canParse(withScheme(address))) return address;
  const message = `"${address}" is no address of NATS; want nats://HOST:PORT`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** @returns an IPv6 address without its brackets. */
export function hostOf(url: string): string {
  return parsed(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf(url: string): number {
  return Number(parsed(url).port || DEFAULT_PORT);
}

function parsed(url: string): URL {
  return new URL(withScheme(url));
}

/** The scheme may be left out. */
function withScheme(url: string): string {
  return url.includes('://') ? url : `nats://${url}`;
}
