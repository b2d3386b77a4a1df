/** Addresses as users write them, and which of them a program may listen on. */
import { isIPv4 } from 'node:net';
import { LyceumError } from '@lyceum/proto';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/**
 * Reads `HOST:PORT` or `[IPV6]:PORT`.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the text is neither.
 */
export function parseAddress(address: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `"${address}" is no address: want HOST:PORT, such as 127.0.0.1:7700 or [::1]:7700`,
    );
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** `HOST:PORT` again, an IPv6 host in brackets. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Refuses an address that other machines can reach, unless TLS guards it or the user allowed that.
 *
 * @param open - true: such an address is allowed.
 * @throws {LyceumError} FAILED_PRECONDITION naming the flags, INVALID_ARGUMENT if the text is no address.
 */
export function checkListenAddress(address: string, open: boolean): void {
  const { host } = parseAddress(address);
  if (open || isLoopback(host)) return;
  throw new LyceumError(
    'FAILED_PRECONDITION',
    `${address} can be reached from other machines, and nothing there asks for credentials; listen on 127.0.0.1, give --tls-dir, or --insecure if the network itself is guarded`,
  );
}

/** Whether only this machine reaches the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
