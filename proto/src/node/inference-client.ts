/** A client of an Open Inference v2 server of anybody's, over gRPC. */
import * as grpc from '@grpc/grpc-js';
import { MESSAGE_MAX_BYTES } from '../limits.js';
import { GRPCInferenceServiceClient } from '../messages.js';
import type { TlsMaterial } from './tls-material.js';

export type InferenceClient = GRPCInferenceServiceClient;

/**
 * Connects at the first call, and again whenever it must. Without keepalive: other servers hang up on whoever pings more
 * often than every five minutes, and calls have deadlines.
 *
 * @param address - `HOST:PORT`.
 * @param tls - undefined: without TLS.
 */
export function connectInference(address: string, tls: TlsMaterial | undefined): InferenceClient {
  return new GRPCInferenceServiceClient(address, credentials(tls), {
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.enable_http_proxy': 0,
  });
}

function credentials(tls: TlsMaterial | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((text) =>
    text === undefined ? null : Buffer.from(text),
  );
  return grpc.credentials.createSsl(ca, key, certificate);
}
