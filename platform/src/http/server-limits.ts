/**
 * What an HTTP server of a program bears of its callers. Node's own limits are no limit of connections, of which each is an
 * open file of the program, and minutes for a request.
 */

/** For `createServer`. A server that takes large bodies gives them more time than `requestTimeout` here. */
export const HTTP_SERVER_LIMITS = {
  maxHeaderSize: 16 * 1024,
  /** To the end of the headers, and of the request. */
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 10_000,
} as const;

/** Connections to one server at a time, for its `maxConnections`. */
export const HTTP_CONNECTIONS_MAX = 256;
