/** A gRPC server with this system's limits. */
import * as grpc from '@grpc/grpc-js';
import { LyceumError, MESSAGE_MAX_BYTES } from '@lyceum/proto';
import { checkListenAddress, formatAddress, type Logger, parseAddress } from '../process/index.js';
import { checkServerCertificate, type TlsIdentity } from '../tls/index.js';
import { KEEPALIVE_OPTIONS } from './rpc-client.js';

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

  private constructor(server: grpc.Server, host: string, port: number) {
    this.#server = server;
    this.port = port;
    this.address = formatAddress({ host, port });
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
      ...KEEPALIVE_OPTIONS,
    });
    for (const [definition, implementation] of services) {
      server.addService(definition, implementation);
    }
    const credentials = serverCredentials(tls);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, credentials, (err, bound) => {
        if (err === null) resolve(bound);
        else reject(cannotListen(address, err));
      });
    });
    log.info({ address, port, tls: tls !== undefined }, 'gRPC server started');
    return new RpcServer(server, parseAddress(address).host, port);
  }

  /** Takes no new calls, lets those in progress finish for `graceMs`, then cancels the rest. */
  stop(graceMs: number): Promise<void> {
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

function serverCredentials(tls: TlsIdentity | undefined): grpc.ServerCredentials {
  if (tls === undefined) return grpc.ServerCredentials.createInsecure();
  const own = {
    private_key: Buffer.from(tls.key),
    cert_chain: Buffer.from(tls.certificate),
  };
  return grpc.ServerCredentials.createSsl(Buffer.from(tls.ca), [own], true);
}

function cannotListen(address: string, err: Error): LyceumError {
  const taken = err.message.includes('EADDRINUSE');
  const reason = taken ? 'another program listens there; choose another port, or 0' : err.message;
  return new LyceumError('FAILED_PRECONDITION', `cannot listen on ${address}: ${reason}`, {
    cause: err,
  });
}
