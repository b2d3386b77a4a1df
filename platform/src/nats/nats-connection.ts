/**
 * The connection to NATS, and the door to everything that is kept there.
 *
 * A program may be there before NATS; after the first connect it reconnects for as long as it takes. What is called
 * meanwhile fails with UNAVAILABLE after the client's time limit and may be tried again.
 */
import { connect as connectSocket, isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  LyceumError,
  type ErrorCode as LyceumErrorCode,
  type NatsRole,
  natsInbox,
  toLyceumError,
} from '@lyceum/proto';
import { connect, ErrorCode, Events, type NatsConnection } from 'nats';
import { retryDelayMs, sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import type { TlsIdentity } from '../tls/index.js';
import { type BlobStore, openBlobStore } from './nats-blobs.js';
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

const FIRST_CONNECT_MS = 4_000;
const RECONNECT_WAIT_MS = 250;
/** A server that is stopped is noticed after two missed answers. */
const PING_INTERVAL_MS = 10_000;
const DEFAULT_PORT = 4222;
/** While NATS is awaited this is said again. */
const TELL_AGAIN_MS = 60_000;
/**
 * So often a server may greet and then not let in: it refuses a certificate without a word, and one that is only slow
 * does not do so time after time.
 */
const REFUSALS = 5;
const ADDRESS =
  /^(?:(?:nats|tls):\/\/)?(?:[^@/]*@)?(?:[^\s/:@[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/i;
/** Time that acks and naks have to leave before a close. */
const FLUSH_MS = 1_000;

export interface Nats {
  /** Resolves when the connection has closed for good. */
  readonly closed: Promise<void>;
  /** False while the connection is being made again. */
  readonly connected: boolean;
  /** Calls `listener` each time that the connection was made again. */
  onReconnect(listener: () => void): void;
  /** Flushes what was written if the server answers, and closes. */
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
  /** Answers come to the role's own inbox, where the server lets no other role listen. Default: to everybody's. */
  readonly role?: NatsRole;
  readonly log: Logger;
  /** Default: none, or what the certificate says. */
  readonly credentials?: NatsCredentials | undefined;
  /** Default: without TLS. */
  readonly tls?: TlsIdentity | undefined;
}

/**
 * @throws {LyceumError} naming the address: UNAVAILABLE if nobody answers there within 4 s, INVALID_ARGUMENT if it is no
 *   address, PERMISSION_DENIED if the server refuses user or certificate, FAILED_PRECONDITION if the two ends do not
 *   agree on TLS.
 */
export async function connectNats(options: NatsOptions): Promise<Nats> {
  const { url, name, role, log, credentials, tls } = options;
  const address = withoutSecrets(url);
  if (!ADDRESS.test(url)) {
    const message = `"${address}" is no address of NATS; want nats://HOST:PORT`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  let connection: NatsConnection;
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
  } catch (err) {
    const { code, reason } = connectionTrouble(err, options);
    throw new LyceumError(code, `no NATS at ${address}: ${reason}`, { cause: err });
  }
  return new NatsDoor(connection, log);
}

/**
 * Where the server is called by an address its certificate must name that address. The client asks for no name then, and
 * Node would take the certificate of `localhost` for right.
 */
function tlsOptions(url: string, { ca, certificate: cert, key }: TlsIdentity) {
  const host = hostOf(url);
  if (isIP(host) === 0) return { tls: { ca, cert, key } };
  const check = (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate);
  // Other members of a cluster of servers have other addresses.
  return { tls: { ca, cert, key, checkServerIdentity: check }, ignoreClusterUpdates: true };
}

/** The scheme may be left out. */
function parsed(url: string): URL {
  return new URL(url.includes('://') ? url : `nats://${url}`);
}

/** @returns an IPv6 address without its brackets. */
function hostOf(url: string): string {
  return parsed(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** How a program that is there before NATS waits for it. */
export interface Waiting {
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Told each time why it is not there yet. */
  readonly tell: (reason: string) => void;
  /** Uniform in [0, 1), `Math.random`. */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * {@link connectNats} for a program that may be there before NATS is: it waits for as long as nobody answers.
 *
 * What only a person can put right ends the wait: a server that refuses user or certificate says so at once, or goes on
 * being there without ever letting this program in.
 *
 * @throws {LyceumError} as {@link connectNats}, but not UNAVAILABLE; CANCELLED if the wait is given up.
 */
export function awaitNats(options: NatsOptions, waiting: Waiting): Promise<Nats> {
  const { url, tls } = options;
  let refusals = 0;
  return untilNatsAnswers(waiting, async () => {
    try {
      return await connectNats(options);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (!err.retryable || tls === undefined) throw err;
      refusals = (await isGreeting(url)) ? refusals + 1 : 0;
      if (refusals < REFUSALS) throw err;
      throw new LyceumError('PERMISSION_DENIED', err.message, { cause: err });
    }
  });
}

/**
 * Does something with NATS until it does not fail for a reason that passes, with growing pauses. Says so in the log, at
 * first and then rarely.
 *
 * @throws {LyceumError} CANCELLED if the wait is given up; whatever else `attempt` throws.
 */
export async function untilNatsAnswers<T>(
  { signal, tell, random, log }: Waiting,
  attempt: () => Promise<T>,
): Promise<T> {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await attempt();
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (!err.retryable) throw err;
      tell(`waiting for NATS: ${err.message}`);
      if (performance.now() - toldAtMs >= TELL_AGAIN_MS) {
        toldAtMs = performance.now();
        log.warn({ reason: err.message }, 'waiting for NATS');
      }
    }
    await sleep(retryDelayMs(failures, random()), signal);
  }
  throw new LyceumError('CANCELLED', 'no longer waiting for NATS');
}

class NatsDoor implements Nats {
  readonly closed: Promise<void>;
  connected = true;
  readonly #connection: NatsConnection;
  readonly #log: Logger;
  readonly #reconnected: (() => void)[] = [];

  constructor(connection: NatsConnection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
    this.closed = connection.closed().then((err) => {
      this.connected = false;
      if (err instanceof Error) log.error({ err }, 'NATS connection lost for good');
    });
    void this.#watch();
  }

  async close(): Promise<void> {
    // It fails if the server goes away meanwhile; then there is nothing to wait for.
    const flushed = this.#connection.flush().catch(() => undefined);
    if (this.connected) await Promise.race([flushed, sleep(FLUSH_MS)]);
    await this.#connection.close();
  }

  onReconnect(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  keyValue(bucket: string, a: KeyValueOptions): Promise<KeyValue> {
    return openKeyValue(this.#connection, bucket, a);
  }

  hasKeyValue(bucket: string): Promise<boolean> {
    return hasKeyValue(this.#connection, bucket);
  }

  blobs(a: { create: boolean }): Promise<BlobStore> {
    return openBlobStore(this.#connection, a);
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
      } else if (type === Events.Error) this.#log.warn({ reason: data }, 'NATS reported an error');
    }
  }
}

function connectionTrouble(
  err: unknown,
  { credentials, tls }: NatsOptions,
): { readonly code: LyceumErrorCode; readonly reason: string } {
  const reason = err instanceof Error ? err.message.toLowerCase() : String(err);
  switch (err instanceof Object && 'code' in err ? err.code : undefined) {
    case ErrorCode.ServerOptionNotAvailable:
      return { code: 'FAILED_PRECONDITION', reason: 'it speaks no TLS; leave --tls-dir out' };
    case ErrorCode.AuthorizationViolation:
    case ErrorCode.AuthenticationExpired:
      return { code: 'PERMISSION_DENIED', reason: `it refuses ${whoOf(credentials, tls)}` };
    case ErrorCode.Timeout:
      // It refuses a certificate only after the handshake, and says nothing then.
      if (tls === undefined) break;
      return { code: 'UNAVAILABLE', reason: `${reason}; it may have refused the certificate` };
  }
  if (reason.includes('certificate') || reason.includes('tls')) {
    return { code: 'FAILED_PRECONDITION', reason: `${reason}; see --tls-dir` };
  }
  return { code: 'UNAVAILABLE', reason };
}

function whoOf(credentials: NatsCredentials | undefined, tls: TlsIdentity | undefined): string {
  if (credentials !== undefined) return `user ${credentials.user}: see --nats-credentials`;
  return tls === undefined
    ? 'who has no user: see --nats-credentials'
    : 'the certificate, which names none of its users, or wants a password: see --tls-dir and --nats-credentials';
}

/** True if a NATS server says hello there, in the open as it does before TLS. */
function isGreeting(url: string): Promise<boolean> {
  const { port } = parsed(url);
  return new Promise((resolve) => {
    const socket = connectSocket(Number(port || DEFAULT_PORT), hostOf(url));
    const end = (greets: boolean) => () => {
      socket.destroy();
      resolve(greets);
    };
    socket.setTimeout(FIRST_CONNECT_MS, end(false));
    socket.once('error', end(false));
    socket.once('close', end(false));
    socket.once('data', (data) => end(data.subarray(0, 4).toString() === 'INFO')());
  });
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
