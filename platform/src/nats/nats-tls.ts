/** TLS to NATS: what its client needs for it, and why it fails, which the client does not always say. */
import { connect as connectSocket, isIP } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import type { ErrorCode } from '@lyceum/proto';
import type { TlsIdentity } from '../tls/index.js';
import { hostOf, portOf } from './nats-address.js';

/** How long a server may take to greet, and for its part of the handshake. */
const KNOCK_MS = 4_000;
/** How long it may then take to refuse. From 2 s on it would log that nobody logs in. */
const REFUSE_MS = 1_000;

/** Alerts about a client's certificate, in OpenSSL's words, and what they mean here. RFC 8446, §6.2 */
const ALERTS: readonly (readonly [alert: string, meaning: string])[] = [
  ['unknown ca', 'its authority is none that the server trusts'],
  ['certificate expired', "it is not valid now, by the server's clock"],
  ['certificate revoked', 'it was revoked'],
  ['bad certificate', ''],
  ['unsupported certificate', ''],
  ['certificate unknown', ''],
  ['access denied', ''],
];

/**
 * For a server that is called by an IP address: its certificate must name that address. The client asks for no name
 * then, and Node would accept the certificate of `localhost`.
 */
export function tlsOptions(url: string, { ca, certificate: cert, key }: TlsIdentity) {
  const host = hostOf(url);
  if (isIP(host) === 0) return { tls: { ca, cert, key } };
  const check = (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate);
  // Other members of a cluster of servers have other addresses.
  return { tls: { ca, cert, key, checkServerIdentity: check }, ignoreClusterUpdates: true };
}

/**
 * How the two ends fail to agree on TLS. A server refuses a certificate in an alert after the handshake, which NATS's
 * client takes for silence.
 *
 * @returns undefined: the server is away, or takes the certificate.
 */
export function tlsFailure(url: string, identity: TlsIdentity): Promise<Error | undefined> {
  const { tls } = tlsOptions(url, identity);
  const host = hostOf(url);
  return new Promise((resolve) => {
    const socket = connectSocket(portOf(url), host);
    let secured: TLSSocket | undefined;
    const end = (failure?: Error) => {
      clearTimeout(timer);
      secured?.destroy();
      socket.destroy();
      resolve(failure);
    };
    let timer = setTimeout(end, KNOCK_MS);
    const gone = () => end();
    socket.once('error', gone);
    socket.once('close', gone);
    // The server greets in plain text, before TLS.
    socket.once('data', () => {
      socket.off('close', gone);
      secured = connectTls({ ...tls, socket, ...(isIP(host) === 0 && { servername: host }) });
      secured.once('secureConnect', () => {
        clearTimeout(timer);
        timer = setTimeout(end, REFUSE_MS);
      });
      secured.once('error', end);
      secured.once('close', gone);
    });
  });
}

/** A failure of TLS in words; undefined: it is another one. */
export function tlsTrouble(
  failure: unknown,
): { readonly code: ErrorCode; readonly reason: string } | undefined {
  if (!(failure instanceof Error)) return undefined;
  const message = failure.message.toLowerCase();
  const [alert, meaning] = ALERTS.find(([told]) => message.includes(`alert ${told}`)) ?? [];
  if (alert !== undefined) {
    const reason = `it refuses the certificate (${alert}${meaning && `: ${meaning}`}); see --tls-dir`;
    return { code: 'PERMISSION_DENIED', reason };
  }
  if (message.includes('certificate')) {
    const reason = `its certificate is not trusted: ${message}; see --tls-dir`;
    return { code: 'FAILED_PRECONDITION', reason };
  }
  if (!('code' in failure && String(failure.code).startsWith('ERR_SSL_'))) return undefined;
  return { code: 'FAILED_PRECONDITION', reason: `${message}; see --tls-dir` };
}
