/** TLS for callers: their certificates, the check of the server's name, and failures of a handshake in words. */
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { parseAddress } from '../process/index.js';

/** PEM texts for a connection with TLS; absent ones are the machine's own. */
export interface TlsMaterial {
  /** Certificates of the trusted authorities. */
  readonly ca?: string | undefined;
  /** This side's own certificate and key; both or neither. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface Channel {
  readonly credentials: grpc.ChannelCredentials;
  readonly options: grpc.ChannelOptions;
}

/** Clients with the very same credentials share a connection to an address. */
const channels = new WeakMap<TlsMaterial, Map<string, Channel>>();

/**
 * How to reach `address`, `HOST:PORT`.
 *
 * @param tls - undefined: without TLS.
 */
export function channelTo(address: string, tls: TlsMaterial | undefined): Channel {
  if (tls === undefined) return { credentials: grpc.credentials.createInsecure(), options: {} };
  const { host } = parseAddress(address);
  const known = channels.get(tls) ?? new Map<string, Channel>();
  channels.set(tls, known);
  const channel = known.get(host) ?? secureChannel(host, tls);
  known.set(host, channel);
  return channel;
}

function secureChannel(host: string, tls: TlsMaterial): Channel {
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((text) =>
    text === undefined ? null : Buffer.from(text),
  );
  if (isIP(host) === 0) {
    return { credentials: grpc.credentials.createSsl(ca, key, certificate), options: {} };
  }
  // RFC 6066, §3, forbids an IP address as server name, but grpc-js sends one; the certificate must name the address.
  const verify = {
    checkServerIdentity: (_: string, own: PeerCertificate) => checkServerIdentity(host, own),
  };
  return {
    credentials: grpc.credentials.createSsl(ca, key, certificate, verify),
    options: { 'grpc.ssl_target_name_override': 'localhost' },
  };
}

/**
 * Whether OpenSSL found no TLS at the other end. OpenSSL 3.0 reads the first bytes as a version, 3.5, which Node 24 has,
 * as a length.
 *
 * @param message - in OpenSSL's words.
 */
export function isNoTls(message: string): boolean {
  return message.includes('wrong version number') || message.includes('packet length too long');
}

/**
 * Why a connection failed, in words, if TLS was the reason; undefined: it was not.
 *
 * @param details - of the status, in grpc-js' words.
 */
export function tlsTrouble(details: string): string | undefined {
  if (isNoTls(details)) return 'it speaks no TLS';
  if (details.includes('Protocol error')) return 'it speaks no gRPC, or wants TLS';
  const [, why] =
    /Last error: Error(?: \[\w+\])?: (.*certificate.*?)\. Resolution/s.exec(details) ?? [];
  if (why !== undefined) return `its certificate is not trusted: ${why}`;
  if (!details.includes('Failed to connect')) return undefined;
  return 'it closes the connection; it may want TLS, or a certificate of another authority, or its clock may be wrong';
}
