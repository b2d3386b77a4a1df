/**
 * Which addresses a program may call because a document names them. Otherwise a document's author could use the
 * program to reach places that only the program reaches: its own machine, its network, the metadata of its cloud.
 *
 * A host is looked up, its addresses are checked, and the connection is made to a checked address: it does not help an
 * attacker if the name resolves to another one a moment later. Unless the operator allows more, only public addresses
 * are called.
 */
import dns, { type LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { LyceumError } from '@lyceum/proto';
import { formatAddress } from '../process/index.js';
import { type Callee, type HostPattern, matchesHost, parseHostPattern } from './callee.js';

/** Allows every address. */
export const ALL_ADDRESSES = 'all';

/** IPv4 addresses that are not public. IANA's special-purpose registry, and multicast. */
const NOT_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** All public IPv6 addresses lie here; not ::1, fc00::/7, fe80::/10, ff00::/8, ::ffff:0:0/96, nor 64:ff9b::/96. */
const PUBLIC_V6 = ['2000::', 3] as const;

/** Exceptions inside it: ranges that hold IPv4 addresses (Teredo, 6to4), or are for documentation or local use. */
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const notPublic = new BlockList();
for (const [net, bits] of NOT_PUBLIC_V4) notPublic.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of NOT_PUBLIC_V6) notPublic.addSubnet(net, bits, 'ipv6');
const publicV6 = new BlockList();
publicV6.addSubnet(...PUBLIC_V6, 'ipv6');

/** All addresses of a host, in the order in which to try them. */
export type Resolve = (host: string) => Promise<LookupAddress[]>;

const systemResolve: Resolve = (host) => dns.promises.lookup(host, { all: true });

/** Whether the address can be reached over the internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !notPublic.check(address, 'ipv4');
  // An address with a zone belongs to a local link.
  if (version !== 6 || address.includes('%')) return false;
  return publicV6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}

/**
 * Reads an operator's list: addresses and ranges (`10.0.0.7`, `10.96.0.0/12`, `fd00::/8`), hosts as in secrets'
 * bindings (`triton.example.org`, `*.example.org:8001`), or `all`; separated by commas.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming the part that is none of these.
 */
export function parseAllowedAddresses(text: string): string[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  for (const part of parts) {
    if (part !== ALL_ADDRESSES && rangeOf(part) === undefined && patternOf(part) === undefined) {
      const message = `${JSON.stringify(part)} is no address; want 10.0.0.7, 10.96.0.0/12, fd00::/8, a host, *.DOMAIN, or all`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
  }
  return parts;
}

export class AddressGuard {
  /** Keep connections. All were made under this guard. */
  readonly agents = {
    http: new HttpAgent({ keepAlive: true, timeout: 5_000, scheduling: 'lifo' }),
    https: new HttpsAgent({ keepAlive: true, timeout: 5_000, scheduling: 'lifo' }),
  } as const;
  /** The parts of the operator's list. */
  readonly allowed: readonly string[];
  readonly #all: boolean;
  readonly #ranges = new BlockList();
  readonly #hosts: readonly HostPattern[];
  readonly #resolve: Resolve;
  readonly #but: AddressGuard | undefined;

  /**
   * @param allowed - as {@link parseAllowedAddresses} gives it.
   * @param resolve - default: this machine's resolver.
   * @param but - addresses that this guard allows are refused.
   */
  constructor(allowed: readonly string[], resolve: Resolve = systemResolve, but?: AddressGuard) {
    this.#but = but;
    this.allowed = allowed;
    this.#all = allowed.includes(ALL_ADDRESSES);
    this.#resolve = resolve;
    const hosts: HostPattern[] = [];
    for (const part of allowed) {
      const range = rangeOf(part);
      const pattern = range === undefined ? patternOf(part) : undefined;
      if (range !== undefined) this.#ranges.addSubnet(...range);
      else if (pattern !== undefined) hosts.push(pattern);
    }
    this.#hosts = hosts;
  }

  /** A guard that allows this part too, as {@link parseAllowedAddresses} gives it. */
  alsoAllowing(part: string): AddressGuard {
    return new AddressGuard([...this.allowed, part], this.#resolve, this.#but);
  }

  /** A guard that allows what this one allows and `other` does not. */
  without(other: AddressGuard): AddressGuard {
    return new AddressGuard(this.allowed, this.#resolve, other);
  }

  /**
   * Looks a host up.
   *
   * @returns those of its addresses that may be called, at least one.
   * @throws {LyceumError} PERMISSION_DENIED if there are none, UNAVAILABLE if the host cannot be looked up now.
   */
  async addresses(callee: Callee): Promise<LookupAddress[]> {
    const { host } = callee;
    const version = isIP(host);
    if (version !== 0) {
      this.checkLiteral(callee);
      return [{ address: host, family: version }];
    }
    let found: LookupAddress[];
    try {
      found = await this.#resolve(host);
    } catch (err) {
      const message = `${host} has no address: ${err instanceof Error ? err.message : String(err)}`;
      throw new LyceumError('UNAVAILABLE', message, { cause: err });
    }
    const allowed = found.filter(({ address }) => this.#allows(callee, address));
    if (allowed.length === 0) throw refusal(callee, 'resolves to no public address');
    return allowed;
  }

  /** Checks a URL whose host is an address: Node looks up names only. @throws {LyceumError} PERMISSION_DENIED */
  checkLiteral(callee: Callee): void {
    const { host } = callee;
    if (isIP(host) !== 0 && !this.#allows(callee, host)) {
      throw refusal(callee, 'is no public address');
    }
  }

  /** A `lookup` for Node's sockets: resolves and checks; the socket then connects to the address that it returns. */
  lookup(callee: Callee): LookupFunction {
    return (_, { all }, callback) => {
      this.addresses(callee).then(
        (found) => {
          const [first] = found;
          if (all === true) callback(null, found);
          else callback(null, first?.address ?? '', first?.family);
        },
        (err: NodeJS.ErrnoException) => callback(err, []),
      );
    };
  }

  #allows(callee: Callee, address: string): boolean {
    const but = this.#but;
    if (but ? but.#allows(callee, address) : false) return false;
    if (this.#all || isPublicAddress(address)) return true;
    if (this.#hosts.some((pattern) => matchesHost(pattern, callee))) return true;
    const version = isIP(address);
    return version !== 0 && !address.includes('%')
      ? this.#ranges.check(address, version === 4 ? 'ipv4' : 'ipv6')
      : false;
  }
}

/** Does not tell what a name resolves to: the document's author may not be meant to know. */
function refusal(callee: Callee, why: string): LyceumError {
  const { host } = callee;
  const message = `${formatAddress(callee)}: ${host} ${why}, and others are called only where the operator lists them: --allow-addresses ${host}, or LYCEUM_ALLOW_ADDRESSES`;
  return new LyceumError('PERMISSION_DENIED', message);
}

function rangeOf(text: string): [string, number, 'ipv4' | 'ipv6'] | undefined {
  const [, net = '', bits] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(net);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  return length > most ? undefined : [net, length, version === 4 ? 'ipv4' : 'ipv6'];
}

/** Refuses a scheme: it says nothing about an address. */
function patternOf(text: string): HostPattern | undefined {
  const pattern = parseHostPattern(text);
  return pattern?.scheme === undefined ? pattern : undefined;
}
