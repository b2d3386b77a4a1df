/**
 * The coordinator's end of the ticket queue: a work-queue stream with a subject and a durable consumer per
 * teacher.
 *
 * JetStream only queues. Deliveries are unlimited, and the coordinator re-issues tickets: one that nobody wants any
 * more is removed, not left to fail. So the queue need not survive its server: it lies in memory, which spares the
 * server a file system's work for each ticket. A message of the coordinator's own, the marker, tells whether the queue
 * is still the one that it published to.
 */
import { randomUUID } from 'node:crypto';
import {
  LyceumError,
  TICKET_MAX_BYTES,
  TICKET_STREAM,
  Ticket,
  ticketConsumer,
  ticketId,
  ticketMessageId,
  ticketSubject,
} from '@lyceum/proto';
import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  nanos,
  RetentionPolicy,
  StorageType,
} from 'nats';
import { ensureStream, isMessageMissing, isMissing, natsError } from './jetstream/index.js';

/** A worker that holds a ticket renews its lease after every third of this time. */
export const ACK_WAIT_MS = 30_000;

/** Tickets of one teacher that all workers together may hold at a time. */
const ACK_PENDING_MAX_COUNT = 4_096;

/** Within this time a repeated message id is dropped, so that a publish may be repeated when its answer is lost. */
const DUPLICATE_WINDOW_MS = 120_000;

const PUBLISH_ATTEMPTS = 3;

export interface TicketQueue {
  /**
   * Creates the stream, or gives it this version's settings.
   *
   * @returns false if the queue began anew since the last call: its tickets and consumers are lost.
   */
  ensureStream(): Promise<boolean>;
  /** Creates a teacher's consumer, unless it exists. @returns its name. */
  ensureConsumer(teacherIdentity: string): Promise<string>;
  /**
   * @returns the ticket's sequence in the stream.
   * @throws {LyceumError} ALREADY_EXISTS if this attempt of the ticket was published before: the server would drop it,
   *   even if the first has been acked.
   */
  publish(ticket: Ticket, leaderEpoch: number): Promise<number>;
  /** Removes a ticket from the queue, even if a worker holds it. Does nothing if it is gone. */
  remove(sequence: number): Promise<void>;
  /** The greatest sequence that was ever given to a worker; 0 if none was. */
  deliveredSequence(teacherIdentity: string): Promise<number>;
  /** Deletes a teacher's consumer and its waiting tickets. Does nothing if it is gone. */
  deleteConsumer(teacherIdentity: string): Promise<void>;
}

export async function openTicketQueue(connection: NatsConnection): Promise<TicketQueue> {
  try {
    const manager = await connection.jetstreamManager();
    return new JetStreamTicketQueue(manager, connection.jetstream());
  } catch (err) {
    throw natsError(err, 'JetStream');
  }
}

/** No teacher has this subject: identities are hexadecimal. */
const MARKER_SUBJECT = ticketSubject('marker');

interface Marker {
  readonly sequence: number;
  readonly text: string;
}

class JetStreamTicketQueue implements TicketQueue {
  readonly #manager: JetStreamManager;
  readonly #jetStream: JetStreamClient;
  #marker: Marker | undefined;

  constructor(manager: JetStreamManager, jetStream: JetStreamClient) {
    this.#manager = manager;
    this.#jetStream = jetStream;
  }

  async ensureStream(): Promise<boolean> {
    await ensureStream(this.#manager, {
      name: TICKET_STREAM,
      subjects: [ticketSubject('*')],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.Memory,
      discard: DiscardPolicy.New,
      max_msg_size: TICKET_MAX_BYTES,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    });
    return named(`stream ${TICKET_STREAM}`, async () => {
      if (this.#marker !== undefined && (await this.#isThere(this.#marker))) return true;
      await this.#manager.streams.purge(TICKET_STREAM, { filter: MARKER_SUBJECT });
      const text = randomUUID();
      const { seq } = await this.#jetStream.publish(MARKER_SUBJECT, text);
      this.#marker = { sequence: seq, text };
      return false;
    });
  }

  async #isThere({ sequence, text }: Marker): Promise<boolean> {
    try {
      const message = await this.#manager.streams.getMessage(TICKET_STREAM, { seq: sequence });
      return message.string() === text;
    } catch (err) {
      if (isMessageMissing(err)) return false;
      throw err;
    }
  }

  async ensureConsumer(teacherIdentity: string): Promise<string> {
    const name = ticketConsumer(teacherIdentity);
    await named(`consumer ${name}`, () =>
      this.#manager.consumers.add(TICKET_STREAM, {
        durable_name: name,
        filter_subject: ticketSubject(teacherIdentity),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ACK_WAIT_MS),
        max_deliver: -1,
        max_ack_pending: ACK_PENDING_MAX_COUNT,
      }),
    );
    return name;
  }

  async publish(ticket: Ticket, leaderEpoch: number): Promise<number> {
    const subject = ticketSubject(Buffer.from(ticket.teacherIdentity).toString('hex'));
    const bytes = Ticket.encode(ticket).finish();
    const msgID = ticketMessageId(ticketId(ticket), leaderEpoch, ticket.attempt);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { seq, duplicate } = await this.#jetStream.publish(subject, bytes, { msgID });
        // If the first try's answer was lost, the duplicate is the message that it sent.
        if (duplicate && attempt === 1) {
          const message = `ticket ${msgID} was published before; it needs another attempt number`;
          throw new LyceumError('ALREADY_EXISTS', message);
        }
        return seq;
      } catch (err) {
        const failure = natsError(err, `stream ${TICKET_STREAM}`);
        if (!failure.retryable || attempt === PUBLISH_ATTEMPTS) throw failure;
      }
    }
  }

  async remove(sequence: number): Promise<void> {
    await named(`stream ${TICKET_STREAM}`, async () => {
      try {
        await this.#manager.streams.deleteMessage(TICKET_STREAM, sequence, false);
      } catch (err) {
        if (!isMessageMissing(err)) throw err;
      }
    });
  }

  async deliveredSequence(teacherIdentity: string): Promise<number> {
    const name = ticketConsumer(teacherIdentity);
    const info = await named(`consumer ${name}`, () =>
      this.#manager.consumers.info(TICKET_STREAM, name),
    );
    return info.delivered.stream_seq;
  }

  async deleteConsumer(teacherIdentity: string): Promise<void> {
    const name = ticketConsumer(teacherIdentity);
    await named(`consumer ${name}`, async () => {
      try {
        await this.#manager.consumers.delete(TICKET_STREAM, name);
        await this.#manager.streams.purge(TICKET_STREAM, {
          filter: ticketSubject(teacherIdentity),
        });
      } catch (err) {
        if (!isMissing(err)) throw err;
      }
    });
  }
}

async function named<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (err) {
    throw natsError(err, what);
  }
}
