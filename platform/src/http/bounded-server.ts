/**
 * HTTP servers with limits. Node itself sets no limit on connections, each of which is an open file of the program,
 * and allows minutes for a request.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { boundHandshakes, serverTlsOptions, type TlsIdentity } from '../tls/index.js';

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  /** Time until all headers have come. */
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 10_000,
} as const;

/** Time until the whole request has come. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Connections to one server at a time. Without a limit, callers could take all files that the program may open. */
export const HTTP_CONNECTIONS_MAX = 256;

/**
 * The server is not listening yet.
 *
 * @param tls - callers must show certificates of the same authority; absent: plain HTTP.
 * @param requestTimeout - milliseconds until a whole request has come; servers of large bodies allow more.
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
      : createTlsServer({ ...limits, ...serverTlsOptions(tls) }, listener);
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  if (tls !== undefined) boundHandshakes(server, HTTP_CONNECTIONS_MAX / 2);
  return server;
}
