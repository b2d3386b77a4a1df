/**
 * A worker's end of the ticket queue: one ticket at a time.
 *
 * Nothing is buffered here: JetStream's own prefetching takes tickets that another worker could have had, and drops
 * some of them at its end, each of which then waits out its whole lease. A worker that wants several tickets in hand
 * calls `pull` again before the first is done.
 */
import { Ticket } from '@lyceum/proto';
import type { Consumer, JsMsg, NatsConnection } from 'nats';
import { sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import { isMissing, natsError } from './jetstream/index.js';

/** A pull that found nothing is repeated this often. The repeat also shows whether the consumer is gone. */
const PULL_EXPIRES_MS = 5_000;

/**
 * Pause between two looks for a consumer that did not answer, and how many looks must fail before it counts as gone.
 */
const LOOK_AGAIN_MS = 500;
const MISSING_LOOKS = 3;

export interface TicketSource {
  /**
   * Waits for one ticket.
   *
   * It waits through a restart of the server too.
   *
   * @returns undefined when `signal` aborts; a ticket that arrives after that goes back to the queue.
   * @throws {LyceumError} UNAVAILABLE when stream or consumer is gone, or the connection is closed.
   */
  pull(signal: AbortSignal): Promise<TakenTicket | undefined>;
}

/** A ticket in hand. It must be settled: acked, released or rejected. */
export interface TakenTicket {
  readonly ticket: Ticket;
  /** The ticket's sequence in the stream, by which the coordinator knows it. */
  readonly sequence: number;
  /** Keeps the lease; call every third of {@link ACK_WAIT_MS}. */
  working(): void;
  /** The answer is with the coordinator. */
  ack(): void;
  /** Gives the ticket back for another worker. */
  release(): void;
  /** The ticket cannot be answered: never deliver it again. */
  reject(reason: string): void;
}

export async function openTicketSource(
  connection: NatsConnection,
  stream: string,
  consumer: string,
  log: Logger,
): Promise<TicketSource> {
  const what = `consumer ${consumer} of stream ${stream}`;
  try {
    const opened = await connection.jetstream().consumers.get(stream, consumer);
    return new JetStreamTicketSource(connection, opened, what, log);
  } catch (err) {
    throw natsError(err, what);
  }
}

class JetStreamTicketSource implements TicketSource {
  readonly #connection: NatsConnection;
  readonly #consumer: Consumer;
  readonly #what: string;
  readonly #log: Logger;

  constructor(connection: NatsConnection, consumer: Consumer, what: string, log: Logger) {
    this.#connection = connection;
    this.#consumer = consumer;
    this.#what = what;
    this.#log = log;
  }

  async pull(signal: AbortSignal): Promise<TakenTicket | undefined> {
    while (!signal.aborted) {
      const message = await this.#next(signal);
      if (message === undefined) continue;
      try {
        return taken(message, Ticket.decode(message.data));
      } catch (err) {
        message.term('malformed ticket');
        this.#log.error({ err, sequence: message.seq }, 'malformed ticket dropped');
      }
    }
    return undefined;
  }

  /** One pull: a message, or nothing if it expired or `signal` aborted. */
  async #next(signal: AbortSignal): Promise<JsMsg | undefined> {
    const pulled = this.#consumer.next({ expires: PULL_EXPIRES_MS });
    let abandon = (): void => undefined;
    const aborted = new Promise<null>((resolve) => {
      abandon = () => resolve(null);
      signal.addEventListener('abort', abandon, { once: true });
    });
    try {
      const message = await Promise.race([pulled, aborted]);
      if (message === null && signal.aborted) {
        // Cancelling a pull would lose a ticket that is under way to it.
        pulled.then(
          (late) => late?.nak(),
          () => undefined,
        );
      }
      return message ?? undefined;
    } catch (err) {
      this.#log.warn({ err }, 'pull failed');
      await this.#untilThere(signal);
      return undefined;
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  /**
   * Resolves when the consumer answers again. One look is not enough to call it gone: a server that has just started
   * may still be reading it from disk.
   */
  async #untilThere(signal: AbortSignal): Promise<void> {
    for (let missing = 0; !signal.aborted; ) {
      await sleep(LOOK_AGAIN_MS, signal);
      try {
        await this.#consumer.info();
        return;
      } catch (err) {
        if (isMissing(err)) missing += 1;
        if (missing === MISSING_LOOKS || this.#connection.isClosed()) {
          throw natsError(err, this.#what);
        }
      }
    }
  }
}

function taken(message: JsMsg, ticket: Ticket): TakenTicket {
  return {
    ticket,
    sequence: message.seq,
    working: () => message.working(),
    ack: () => message.ack(),
    release: () => message.nak(),
    reject: (reason) => message.term(reason),
  };
}
