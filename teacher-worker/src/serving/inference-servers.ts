/** The servers of a worker's models: gRPC, HTTP, or both. */
import { INFERENCE_SERVICE, type Logger, RpcServer, type TlsIdentity } from '@lyceum/platform';
import { HttpInferenceListener } from './http-inference-listener.js';
import type { InferenceDesk } from './inference-desk.js';
import { inferenceService } from './inference-service.js';

export interface InferencePlaces {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly grpc?: string | undefined;
  readonly http?: string | undefined;
  /** True: the user allowed addresses that other machines can reach. */
  readonly insecure: boolean;
  /** Serves only clients with a certificate of its authorities. Default: everybody. */
  readonly tls?: TlsIdentity | undefined;
}

export class InferenceServers {
  /** For the program's ready line: `HOST:PORT` with the actual ports. */
  readonly addresses: { readonly inference?: string; readonly inferenceHttp?: string };
  readonly #servers: readonly (RpcServer | HttpInferenceListener)[];

  private constructor(rpc: RpcServer | undefined, http: HttpInferenceListener | undefined) {
    this.addresses = {
      ...(rpc !== undefined && { inference: rpc.address }),
      ...(http !== undefined && { inferenceHttp: http.address }),
    };
    this.#servers = [rpc, http].filter((server) => server !== undefined);
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if an address is taken or may not be used. */
  static async start(
    desk: InferenceDesk,
    { grpc, http, ...guard }: InferencePlaces,
    log: Logger,
  ): Promise<InferenceServers> {
    const services = [[INFERENCE_SERVICE, inferenceService(desk, log)]] as const;
    const rpc =
      grpc === undefined
        ? undefined
        : await RpcServer.start({ address: grpc, ...guard, log, services });
    const listener =
      http === undefined
        ? undefined
        : await HttpInferenceListener.start({ address: http, ...guard, desk, log });
    return new InferenceServers(rpc, listener);
  }

  /** Takes no new requests, lets those in progress finish for `graceMs`, then cuts off the rest. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop(graceMs)));
  }
}
