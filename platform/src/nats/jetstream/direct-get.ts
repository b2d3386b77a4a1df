/**
 * Reads a stream message by message, without a consumer that would have to be kept, resumed and deleted.
 *
 * JetStream's direct get, https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-31.md.
 * The stream must allow it; each message is one request with its own time limit.
 */
import { LyceumError } from '@lyceum/proto';
import type { NatsConnection } from 'nats';
import { natsError } from './nats-errors.js';
import { patiently } from './patiently.js';

const TIMEOUT_MS = 5_000;

export interface StoredMessage {
  readonly sequence: number;
  readonly data: Uint8Array;
}

/**
 * The first message on `subject` whose sequence is at least `sequence`; undefined if there is none.
 *
 * @throws {LyceumError} UNAVAILABLE if the stream does not exist, or the server answers no try.
 */
export function nextMessage(
  connection: NatsConnection,
  stream: string,
  subject: string,
  sequence: number,
): Promise<StoredMessage | undefined> {
  return directGet(connection, stream, { seq: sequence, next_by_subj: subject });
}

/** The newest message on `subject`; undefined if there is none. Throws as `nextMessage` does. */
export function lastMessage(
  connection: NatsConnection,
  stream: string,
  subject: string,
): Promise<StoredMessage | undefined> {
  return directGet(connection, stream, { last_by_subj: subject });
}

async function directGet(
  connection: NatsConnection,
  stream: string,
  asked: Readonly<Record<string, string | number>>,
): Promise<StoredMessage | undefined> {
  const what = `stream ${stream}`;
  const request = JSON.stringify(asked);
  try {
    const message = await patiently(() =>
      connection.request(`$JS.API.DIRECT.GET.${stream}`, request, { timeout: TIMEOUT_MS }),
    );
    const code = message.headers?.code ?? 0;
    if (code === 404) return undefined;
    if (code !== 0) {
      throw new LyceumError('INTERNAL', `${what}: ${code} ${message.headers?.description}`);
    }
    return { sequence: Number(message.headers?.get('Nats-Sequence')), data: message.data };
  } catch (err) {
    throw natsError(err, what);
  }
}
