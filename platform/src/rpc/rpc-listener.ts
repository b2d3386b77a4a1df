/**
 * The ports of a gRPC server, with limits that grpc-js has not: on connections, and on those that show no certificate.
 */
import { lookup } from 'node:dns/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ListenAddress } from '../process/index.js';
import { boundHandshakes, serverTlsOptions, type TlsIdentity } from '../tls/index.js';

/**
 * Connections to one address at a time: all workers' that a coordinator takes, and some. Without a limit, callers
 * could take all files that the program may open; then it could read neither its state nor answer probes.
 */
const RPC_CONNECTIONS_MAX = 10_000;

export interface RpcListener {
  readonly port: number;
  /** Takes no new connections. */
  close(): void;
}

/**
 * Listens on all addresses that the host has; some of them may be taken.
 *
 * @param accept - called with a connection that may speak HTTP/2.
 * @throws the first address's error, if all are taken.
 */
export async function listenForRpc(
  { host, port }: ListenAddress,
  tls: TlsIdentity | undefined,
  accept: (connection: Socket) => void,
  maxConnections = RPC_CONNECTIONS_MAX,
): Promise<RpcListener> {
  const servers: Server[] = [];
  let bound = port;
  let failure: unknown;
  for (const { address } of await lookup(host, { all: true })) {
    const server = tls === undefined ? plainServer(accept) : tlsServer(tls, accept);
    server.maxConnections = maxConnections;
    try {
      await listening(server, bound, address);
      bound = (server.address() as AddressInfo).port;
      servers.push(server);
    } catch (err) {
      failure ??= err;
    }
  }
  if (servers.length === 0) throw failure;
  return {
    port: bound,
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

function plainServer(accept: (connection: Socket) => void): Server {
  return createServer({ noDelay: true }, accept);
}

function tlsServer(tls: TlsIdentity, accept: (connection: Socket) => void): Server {
  const server = createTlsServer(
    { ...serverTlsOptions(tls), ALPNProtocols: ['h2'], noDelay: true },
    (connection) => {
      // An error that comes before HTTP/2 listens would end the program.
      connection.on('error', () => undefined);
      accept(connection);
    },
  );
  boundHandshakes(server);
  return server;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Such as EMFILE at a later connection, which is dropped.
      server.on('error', () => undefined);
      resolve();
    });
  });
}
