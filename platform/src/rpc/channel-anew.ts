/**
 * A channel that starts again, with its name looked up again, if connecting takes long. gRPC for Node has no limit of
 * its own, and the kernel's is 130 s: that long it would try an address that is gone, such as that of a replaced pod.
 */
import * as grpc from '@grpc/grpc-js';

const { connectivityState } = grpc;

/** Time for a connection on a machine that is not busy. */
const PATIENCE_MS = 5_000;
/** The time doubles with each try up to this: on a busy machine a handshake may take longer. */
const PATIENCE_MAX_MS = 80_000;

export class ChannelAnew implements grpc.ChannelInterface {
  readonly #make: () => grpc.ChannelInterface;
  #channel: grpc.ChannelInterface;
  #patienceMs = PATIENCE_MS;

  constructor(make: () => grpc.ChannelInterface) {
    this.#make = make;
    this.#channel = make();
    this.#watch();
  }

  createCall(...args: Parameters<grpc.ChannelInterface['createCall']>) {
    return this.#channel.createCall(...args);
  }

  getTarget(): string {
    return this.#channel.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): grpc.connectivityState {
    return this.#channel.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(
    ...args: Parameters<grpc.ChannelInterface['watchConnectivityState']>
  ): void {
    this.#channel.watchConnectivityState(...args);
  }

  getChannelzRef() {
    return this.#channel.getChannelzRef();
  }

  close(): void {
    this.#channel.close();
  }

  #watch(): void {
    const channel = this.#channel;
    const state = channel.getConnectivityState(false);
    if (state === connectivityState.SHUTDOWN) return;
    if (state === connectivityState.READY) this.#patienceMs = PATIENCE_MS;
    const isTrying =
      state === connectivityState.CONNECTING || state === connectivityState.TRANSIENT_FAILURE;
    const deadline = isTrying ? Date.now() + this.#patienceMs : Number.POSITIVE_INFINITY;
    channel.watchConnectivityState(state, deadline, (late) => {
      if (late !== undefined) this.#begin(channel);
      this.#watch();
    });
  }

  /** Calls that wait for the old channel end as UNAVAILABLE; their callers repeat them. */
  #begin(old: grpc.ChannelInterface): void {
    this.#patienceMs = Math.min(2 * this.#patienceMs, PATIENCE_MAX_MS);
    this.#channel = this.#make();
    this.#channel.getConnectivityState(true);
    old.close();
  }
}
