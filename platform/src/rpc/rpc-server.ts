/** A gRPC server with this system's limits. */
import * as grpc from '@grpc/grpc-js';
import { LyceumError, MESSAGE_MAX_BYTES } from '@lyceum/proto';
import { checkListenAddress, formatAddress, type Logger, parseAddress } from '../process/index.js';
import { checkServerCertificate, type TlsIdentity } from '../tls/index.js';
import { KEEPALIVE_OPTIONS } from './rpc-client.js';
import { listenForRpc, type RpcListener } from './rpc-listener.js';

/** Calls under way on one connection: more than a worker or a dashboard has, and all sessions through a proxy. */
const CALLS_MAX_COUNT = 4_096;

type ServiceEntry = readonly [
  definition: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
];

export interface RpcServerOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  readonly services: readonly ServiceEntry[];
  readonly log: Logger;
  /** True: the user allowed an address that other machines can reach. */
  readonly insecure: boolean;
  /** Accepts only clients with a certificate of its authorities. Default: everybody. */
  readonly tls?: TlsIdentity | undefined;
}

export class RpcServer {
  readonly port: number;
  /** `HOST:PORT` with the actual port. */
  readonly address: string;
  readonly #server: grpc.Server;
  readonly #listener: RpcListener;

  private constructor(server: grpc.Server, host: string, listener: RpcListener) {
    this.#server = server;
    this.#listener = listener;
    this.port = listener.port;
    this.address = formatAddress({ host, port: listener.port });
  }

  /**
   * @throws {LyceumError} FAILED_PRECONDITION if the address is taken, is not this machine's, or may not be
   *   used with neither `insecure` nor `tls`.
   */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const { address, services, log, insecure, tls } = options;
    checkListenAddress(address, insecure || tls !== undefined);
    if (tls !== undefined) checkServerCertificate(tls);
    const server = new grpc.Server({
      'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
      'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
      'grpc.max_concurrent_streams': CALLS_MAX_COUNT,
      ...KEEPALIVE_OPTIONS,
    });
    for (const [definition, implementation] of services) {
      server.addService(definition, implementation);
    }
    // TLS is the listener's: grpc-js gets connections that are let in already.
    const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
    const place = parseAddress(address);
    let listener: RpcListener;
    try {
      listener = await listenForRpc(place, tls, (connection) =>
        injector.injectConnection(connection),
      );
    } catch (err) {
      throw cannotListen(address, err as NodeJS.ErrnoException);
    }
    log.info({ address, port: listener.port, tls: tls !== undefined }, 'gRPC server started');
    return new RpcServer(server, place.host, listener);
  }

  /** Takes no new calls, lets those in progress finish for `graceMs`, then cancels the rest. */
  stop(graceMs: number): Promise<void> {
    this.#listener.close();
    return new Promise((resolve) => {
      const force = setTimeout(() => {
        this.#server.forceShutdown();
        // Not left to grpc-js: it waits for ever for a connection that it dropped a moment before.
        resolve();
      }, graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }
}

function cannotListen(address: string, err: NodeJS.ErrnoException): LyceumError {
  const taken = err.code === 'EADDRINUSE';
  const reason = taken ? 'another program listens there; choose another port, or 0' : err.message;
  return new LyceumError('FAILED_PRECONDITION', `cannot listen on ${address}: ${reason}`, {
    cause: err,
  });
}
