/**
 * The connection to NATS, and the door to everything that is kept there.
 *
 * After the first connect it reconnects for as long as it takes, unless one end refuses the other. Calls made meanwhile
 * fail with UNAVAILABLE after the client's time limit and may be tried again.
 */
import {
  LyceumError,
  type ErrorCode as LyceumErrorCode,
  type NatsRole,
  natsInbox,
} from '@lyceum/proto';
import { connect, DebugEvents, ErrorCode, Events, type NatsConnection } from 'nats';
import { sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import type { TlsIdentity } from '../tls/index.js';
import { type BlobStore, openBlobStore } from './blobs/index.js';
import { Reserve } from './jetstream/index.js';
import { checkedAddress } from './nats-address.js';
import type { NatsCredentials } from './nats-credentials.js';
import { type EventLog, openEventLog } from './nats-events.js';
import {
  hasKeyValue,
  type KeyValue,
  type KeyValueOptions,
  openKeyValue,
} from './nats-key-value.js';
import { openTicketSource, type TicketSource } from './nats-ticket-source.js';
import { openTicketQueue, type TicketQueue } from './nats-tickets.js';
import { tlsFailure, tlsOptions, tlsTrouble } from './nats-tls.js';

const FIRST_CONNECT_MS = 4_000;
const RECONNECT_WAIT_MS = 250;
/** Two missed answers show that the server has stopped. */
const PING_INTERVAL_MS = 10_000;
/** Time before a close in which acks and naks are sent. */
const FLUSH_MS = 1_000;

export interface Nats {
  /** Resolves when the connection has closed for good. */
  readonly closed: Promise<void>;
  /** False while the connection is being made again. */
  readonly connected: boolean;
  /** Calls `listener` after each reconnect. */
  onReconnect(listener: () => void): void;
  /** Sends what is buffered if the server answers, and closes. */
  close(): Promise<void>;
  /** @throws {LyceumError} UNAVAILABLE if the bucket does not exist and `create` is false. */
  keyValue(bucket: string, a: KeyValueOptions): Promise<KeyValue>;
  /** @throws {LyceumError} UNAVAILABLE if JetStream does not answer. */
  hasKeyValue(bucket: string): Promise<boolean>;
  /** @throws {LyceumError} UNAVAILABLE if the store does not exist and `create` is false. */
  blobs(a: { create: boolean }): Promise<BlobStore>;
  /** The coordinator's end of the tickets. */
  tickets(): Promise<TicketQueue>;
  /**
   * A worker's end of the tickets.
   *
   * @throws {LyceumError} UNAVAILABLE if stream or consumer does not exist.
   */
  ticketSource(stream: string, consumer: string): Promise<TicketSource>;
  events(): Promise<EventLog>;
}

export interface NatsOptions {
  /** `nats://HOST:PORT`. */
  readonly url: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  /**
   * Answers come to the role's own inbox, which the server lets no other role read. Default: the inbox that all share.
   */
  readonly role?: NatsRole;
  readonly log: Logger;
  /** Default: none, or the certificate names the user. */
  readonly credentials?: NatsCredentials | undefined;
  /** Default: without TLS. */
  readonly tls?: TlsIdentity | undefined;
}

/**
 * @throws {LyceumError} naming the address: UNAVAILABLE if nobody answers there within 4 s, INVALID_ARGUMENT if it is
 *   no address, PERMISSION_DENIED if the server refuses user or certificate, or takes them for another role's,
 *   FAILED_PRECONDITION if the two ends do not agree on TLS.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { url, name, role, credentials, tls } = options;
  const address = checkedAddress(url);
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({
      servers: url,
      name,
      timeout: FIRST_CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      ...(role !== undefined && { inboxPrefix: natsInbox(role) }),
      ...(credentials !== undefined && { user: credentials.user, pass: credentials.password }),
      ...(tls !== undefined && tlsOptions(url, tls)),
    });
    if (role !== undefined) await readInboxOnce(connection, role);
  } catch (err) {
    await connection?.close();
    const { code, reason } = await connectionTrouble(err, options);
    throw new LyceumError(code, `no NATS at ${address}: ${reason}`, { cause: err });
  }
  return new NatsDoor(connection, options);
}

/**
 * The server lets a user in whose rights are those of another role. The role's inbox shows that: no answer could come.
 *
 * @throws {NatsError} PermissionsViolation.
 */
async function readInboxOnce(connection: NatsConnection, role: NatsRole): Promise<void> {
  let refusal: Error | undefined;
  const callback = (err: Error | null) => {
    refusal ??= err ?? undefined;
  };
  const inbox = connection.subscribe(`${natsInbox(role)}.rights`, { callback });
  await connection.flush();
  inbox.unsubscribe();
  if (refusal !== undefined) throw refusal;
}

class NatsDoor implements Nats {
  readonly closed: Promise<void>;
  connected = true;
  readonly #connection: NatsConnection;
  readonly #options: NatsOptions;
  readonly #log: Logger;
  readonly #reserve: Reserve;
  readonly #reconnected: (() => void)[] = [];
  /** A look under way whether TLS is at fault that the connection was lost. */
  #look: Promise<void> | undefined;

  constructor(connection: NatsConnection, options: NatsOptions) {
    this.#connection = connection;
    this.#options = options;
    const { log } = options;
    this.#log = log;
    this.#reserve = new Reserve(connection, log);
    this.closed = connection.closed().then((err) => {
      this.connected = false;
      if (err instanceof Error) log.error({ err }, 'NATS connection lost for good');
    });
    void this.#watch();
  }

  async close(): Promise<void> {
    // The flush fails if the server goes away meanwhile; then nothing is left to wait for.
    const flushed = this.#connection.flush().catch(() => undefined);
    if (this.connected) await Promise.race([flushed, sleep(FLUSH_MS)]);
    await this.#connection.close();
  }

  onReconnect(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  keyValue(bucket: string, a: KeyValueOptions): Promise<KeyValue> {
    return openKeyValue(this.#connection, this.#reserve, bucket, a);
  }

  hasKeyValue(bucket: string): Promise<boolean> {
    return hasKeyValue(this.#connection, bucket);
  }

  blobs(a: { create: boolean }): Promise<BlobStore> {
    return openBlobStore(this.#connection, this.#reserve, a);
  }

  tickets(): Promise<TicketQueue> {
    return openTicketQueue(this.#connection);
  }

  ticketSource(stream: string, consumer: string): Promise<TicketSource> {
    return openTicketSource(this.#connection, stream, consumer, this.#log);
  }

  events(): Promise<EventLog> {
    return openEventLog(this.#connection);
  }

  async #watch(): Promise<void> {
    for await (const { type, data } of this.#connection.status()) {
      if (type === Events.Disconnect) {
        this.connected = false;
        this.#log.warn({ server: data }, 'NATS disconnected');
      } else if (type === Events.Reconnect) {
        this.connected = true;
        this.#log.info({ server: data }, 'NATS reconnected');
        for (const listener of this.#reconnected) listener();
      } else if (type === DebugEvents.Reconnecting) this.#look ??= this.#lookAtTls();
      else if (type === Events.Error) this.#log.warn({ reason: data }, 'NATS reported an error');
    }
  }

  /**
   * If one end refuses the other's certificate, which may have expired, the client would go on trying without a word.
   * Certificates are read when a program starts, so the connection is closed for good, as after a refused user.
   */
  async #lookAtTls(): Promise<void> {
    const { url, tls } = this.#options;
    const trouble = tls && tlsTrouble(await tlsFailure(url, tls));
    this.#look = undefined;
    if (trouble === undefined || this.connected || this.#connection.isClosed()) return;
    this.#log.error({ reason: trouble.reason }, 'NATS connection lost for good');
    await this.#connection.close();
  }
}

async function connectionTrouble(
  err: unknown,
  { url, role, credentials, tls }: NatsOptions,
): Promise<{ readonly code: LyceumErrorCode; readonly reason: string }> {
  const reason = err instanceof Error ? err.message.toLowerCase() : String(err);
  switch (err instanceof Object && 'code' in err ? err.code : undefined) {
    case ErrorCode.ServerOptionNotAvailable:
      return { code: 'FAILED_PRECONDITION', reason: 'it speaks no TLS; leave --tls-dir out' };
    case ErrorCode.AuthorizationViolation:
    case ErrorCode.AuthenticationExpired:
      return { code: 'PERMISSION_DENIED', reason: `it refuses ${whoOf(credentials, tls)}` };
    case ErrorCode.PermissionsViolation: {
      const [who, where] =
        credentials === undefined
          ? ['the user of the certificate', '--tls-dir']
          : [`user ${credentials.user}`, '--nats-credentials'];
      const what = `it gives ${who} other rights than a ${role} needs`;
      return { code: 'PERMISSION_DENIED', reason: `${what}: see ${where}` };
    }
    case ErrorCode.Timeout: {
      const trouble = tls && tlsTrouble(await tlsFailure(url, tls));
      if (trouble !== undefined) return trouble;
    }
  }
  return tlsTrouble(err) ?? { code: 'UNAVAILABLE', reason };
}

function whoOf(credentials: NatsCredentials | undefined, tls: TlsIdentity | undefined): string {
  if (credentials !== undefined) return `user ${credentials.user}: see --nats-credentials`;
  return tls === undefined
    ? 'a client without a user: see --nats-credentials'
    : 'the certificate, which names none of its users, or wants a password: see --tls-dir and --nats-credentials';
}
