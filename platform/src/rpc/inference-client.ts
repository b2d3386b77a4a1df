/** A client of any Open Inference v2 server, over gRPC. */
import type { LookupAddress } from 'node:dns';
import { GRPCInferenceServiceClient, MESSAGE_MAX_BYTES } from '@lyceum/proto';
import { parseAddress } from '../process/index.js';
import { channelTo, type TlsMaterial } from '../tls/index.js';
import { targetOf } from './address-resolver.js';

export type InferenceClient = GRPCInferenceServiceClient;

/**
 * Connects at the first call, and again when needed. Without keepalive: foreign servers hang up on clients that ping
 * more often than every five minutes, and calls have deadlines anyway.
 *
 * @param address - `HOST:PORT`.
 * @param tls - undefined: without TLS.
 * @param at - connects only to these addresses; requests and the certificate still use the host's name. Undefined:
 *   connects to what the host resolves to.
 */
export function connectInference(
  address: string,
  tls: TlsMaterial | undefined,
  at?: readonly LookupAddress[],
): InferenceClient {
  const { credentials, options } = channelTo(address, tls);
  const { host, port } = parseAddress(address);
  const target = at === undefined ? address : targetOf(at, port);
  return new GRPCInferenceServiceClient(target, credentials, {
    'grpc.default_authority': address,
    ...(tls !== undefined && { 'grpc.ssl_target_name_override': host }),
    ...options,
    'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
    'grpc.max_send_message_length': MESSAGE_MAX_BYTES,
    // Repeats calls that the server has surely not read, as when it hung up just then, over another connection.
    'grpc.enable_retries': 1,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.enable_http_proxy': 0,
  });
}
