/**
 * A scheme of gRPC targets for addresses of both families: `at:127.0.0.1:8001,[::1]:8001`. The schemes that gRPC for
 * Node has, `ipv4:` and `ipv6:`, take one family only, and a server may listen at the other.
 *
 * gRPC tries the addresses in turn, a quarter of a second apart, and keeps the first connection (RFC 8305).
 */
import type { LookupAddress } from 'node:dns';
import { experimental } from '@grpc/grpc-js';
import { formatAddress, parseAddress } from '../process/index.js';

const SCHEME = 'at';

/** The gRPC target of these addresses, at least one, at the port. */
export function targetOf(addresses: readonly LookupAddress[], port: number): string {
  return `${SCHEME}:${addresses.map(({ address }) => formatAddress({ host: address, port })).join(',')}`;
}

class AddressResolver implements experimental.Resolver {
  readonly #endpoints: experimental.Endpoint[];
  readonly #listener: experimental.ResolverListener;
  #hasTold = false;

  constructor({ path }: experimental.GrpcUri, listener: experimental.ResolverListener) {
    this.#endpoints = path.split(',').map((address) => ({ addresses: [parseAddress(address)] }));
    this.#listener = listener;
  }

  /** Tells the addresses once: they do not change. */
  updateResolution(): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    process.nextTick(() =>
      this.#listener(experimental.statusOrFromValue(this.#endpoints), {}, null, ''),
    );
  }

  destroy(): void {
    this.#hasTold = false;
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path.split(',')[0] as string;
  }
}

experimental.registerResolver(SCHEME, AddressResolver);
