/**
 * HTTP servers of the programs. Node's own limits are no limit of connections, of which each is an open file of the program,
 * and minutes for a request.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsIdentity } from '../tls/index.js';

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  /** To the end of the headers. */
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 10_000,
} as const;

/** To the end of a request. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Connections to one server at a time: others' would else take all of the files that the program may open. */
export const HTTP_CONNECTIONS_MAX = 256;

/**
 * Not listening yet.
 *
 * @param tls - callers must show certificates of the same authority; absent: plain HTTP.
 * @param requestTimeout - milliseconds to the end of a request; a server that takes large bodies gives them more time.
 */
export function boundedServer(
  listener: RequestListener,
  tls: TlsIdentity | undefined,
  requestTimeout = REQUEST_TIMEOUT_MS,
): Server {
  const limits = { ...LIMITS, requestTimeout };
  const server =
    tls === undefined
      ? createServer(limits, listener)
      : createTlsServer(
          {
            ...limits,
            ca: tls.ca,
            cert: tls.certificate,
            key: tls.key,
            requestCert: true,
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
          },
          listener,
        );
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  return server;
}
