/**
 * A channel that begins anew, with its name looked up again, if it takes long to connect. gRPC for Node has no limit of
 * its own, and the kernel's is 130 s: so long would an address be tried that is gone, as a pod's is that was replaced.
 */
import * as grpc from '@grpc/grpc-js';

const { connectivityState } = grpc;

/** A handshake is done by then, on a machine that has a little to do. */
const PATIENCE_MS = 5_000;
/** Doubled each time up to here: on a machine with much to do a handshake may take longer. */
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

  /** Calls that wait for the old one end as UNAVAILABLE; their callers make them again. */
  #begin(old: grpc.ChannelInterface): void {
    this.#patienceMs = Math.min(2 * this.#patienceMs, PATIENCE_MAX_MS);
    this.#channel = this.#make();
    this.#channel.getConnectivityState(true);
    old.close();
  }
}
