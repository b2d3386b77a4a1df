/** A client of an Open Inference v2 server of anybody's, over gRPC. */
import { MESSAGE_MAX_BYTES } from '../limits.js';
import { GRPCInferenceServiceClient } from '../messages.js';
import { channelTo, type TlsMaterial } from './tls-material.js';

export type InferenceClient = GRPCInferenceServiceClient;

/**
 * Connects at the first call, and again whenever it must. Without keepalive: other servers hang up on whoever pings more
 * often than every five minutes, and calls have deadlines.
 *
 * @param address - `HOST:PORT`.
 * @param tls - undefined: without TLS.
 */
export function connectInference(address: string, tls: TlsMaterial | undefined): InferenceClient {
  const { credentials, options } = channelTo(address, tls);
  return new GRPCInferenceServiceClient(address, credentials, {
    ...options,
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.enable_http_proxy': 0,
  });
}
