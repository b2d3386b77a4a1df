/**
 * How servers take TLS connections, with limits on those that have shown no certificate yet. Everybody who reaches the port can open such
 * connections, and each is an open file of the program.
 */
import type { Server, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { TlsIdentity } from './tls-identity.js';

/** Time until a caller has shown its certificate; Node itself allows two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** If more have not shown their certificates, the oldest is ended: callers of this cluster take milliseconds. */
const HANDSHAKES_MAX_COUNT = 1_024;

/** Options of a server that lets in only callers with a certificate of the same authority. */
export function serverTlsOptions({ ca, certificate, key }: TlsIdentity): TlsOptions {
  return {
    ca,
    cert: certificate,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** @param server - a server of `node:tls` or `node:https` that is not listening yet. */
export function boundHandshakes(server: Server, maxCount = HANDSHAKES_MAX_COUNT): void {
  // The map keeps the order in which connections came.
  const unknown = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const caller = callerOf(socket);
    unknown.set(caller, socket);
    socket.once('close', () => {
      if (unknown.get(caller) === socket) unknown.delete(caller);
    });
    if (unknown.size <= maxCount) return;
    const [oldest] = unknown.values();
    oldest?.destroy();
    unknown.delete(oldest === undefined ? caller : callerOf(oldest));
  });
  server.on('secureConnection', (socket: Socket) => unknown.delete(callerOf(socket)));
}

function callerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
