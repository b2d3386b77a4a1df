/** What happened to each run, oldest first, kept in a stream with a subject per run. */
import { randomUUID } from 'node:crypto';
import { EVENT_STREAM, eventSubject, RunEvent } from '@lyceum/proto';
import {
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  RetentionPolicy,
  StorageType,
} from 'nats';
import { Wakeup } from '../pacing/index.js';
import { ensureStream, lastMessage, natsError, nextMessage, patiently } from './jetstream/index.js';

/** Events kept of one run; the oldest go first. */
const EVENTS_PER_RUN_MAX_COUNT = 10_000;

/** Tries of a publish, a quarter of a second apart: a server that has just started may not have its streams yet. */
const START_TRIES = 20;

/** A follower looks again at least this often, in case a wake-up was lost with the connection. */
const LOOK_AGAIN_MS = 5_000;

export interface LoggedEvent {
  readonly event: RunEvent;
  /** Grows along a run's log, with gaps. */
  readonly sequence: number;
}

export interface EventLog {
  ensureStream(): Promise<void>;
  append(runId: string, event: RunEvent): Promise<void>;
  /**
   * The events that the run has when the reading begins, oldest first; with `follow` also each new one, until `signal`
   * aborts.
   *
   * @param a.after - only events of a greater sequence; absent: all.
   */
  read(
    runId: string,
    a: { readonly follow: boolean; readonly signal: AbortSignal; readonly after?: number },
  ): AsyncIterable<LoggedEvent>;
  /** Forgets a run's events. */
  purge(runId: string): Promise<void>;
  /** Ids of the runs that have events; dots in them are underscores. */
  runIds(): Promise<string[]>;
}

export async function openEventLog(connection: NatsConnection): Promise<EventLog> {
  try {
    return new JetStreamEventLog(connection, await connection.jetstreamManager());
  } catch (err) {
    throw natsError(err, 'JetStream');
  }
}

class JetStreamEventLog implements EventLog {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #jetStream: JetStreamClient;

  constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#manager = manager;
    this.#jetStream = connection.jetstream();
  }

  async ensureStream(): Promise<void> {
    await ensureStream(this.#manager, {
      name: EVENT_STREAM,
      subjects: [eventSubject('*')],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_msgs_per_subject: EVENTS_PER_RUN_MAX_COUNT,
      allow_direct: true,
    });
  }

  async append(runId: string, event: RunEvent): Promise<void> {
    const bytes = RunEvent.encode(event).finish();
    // The server drops a second copy by this id.
    const options = { msgID: randomUUID(), retries: START_TRIES };
    try {
      await patiently(() => this.#jetStream.publish(eventSubject(runId), bytes, options));
    } catch (err) {
      throw natsError(err, `events of ${runId}`);
    }
  }

  async *read(
    runId: string,
    {
      follow,
      signal,
      after = 0,
    }: { readonly follow: boolean; readonly signal: AbortSignal; readonly after?: number },
  ): AsyncGenerator<LoggedEvent, void, undefined> {
    const subject = eventSubject(runId);
    const wakeup = new Wakeup();
    let wakeCount = 0;
    // Each event is published on its subject as well as stored: that is the wake-up.
    const subscription = follow
      ? this.#connection.subscribe(subject, {
          callback: () => {
            wakeCount += 1;
            wakeup.wake();
          },
        })
      : undefined;
    try {
      // Without `follow`, reading ends at the event that is the last one now: a run may write faster than it is read.
      const last = follow ? Number.POSITIVE_INFINITY : await this.#lastSequence(subject);
      for (let sequence = after + 1; sequence <= last && !signal.aborted; ) {
        const seenCount = wakeCount;
        const found = await this.#next(subject, sequence);
        if (found !== undefined) {
          yield found;
          sequence = found.sequence + 1;
        } else if (!follow) return;
        else if (wakeCount === seenCount) await wakeup.wait({ signal, ms: LOOK_AGAIN_MS });
      }
    } finally {
      subscription?.unsubscribe();
    }
  }

  async purge(runId: string): Promise<void> {
    try {
      await this.#manager.streams.purge(EVENT_STREAM, { filter: eventSubject(runId) });
    } catch (err) {
      throw natsError(err, `events of ${runId}`);
    }
  }

  async runIds(): Promise<string[]> {
    try {
      const options = { subjects_filter: eventSubject('*') };
      const { state } = await this.#manager.streams.info(EVENT_STREAM, options);
      const prefix = eventSubject('').length;
      return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix));
    } catch (err) {
      throw natsError(err, `stream ${EVENT_STREAM}`);
    }
  }

  /** Sequence of the newest event; 0 if there is none. */
  async #lastSequence(subject: string): Promise<number> {
    const newest = await lastMessage(this.#connection, EVENT_STREAM, subject);
    return newest?.sequence ?? 0;
  }

  async #next(subject: string, sequence: number): Promise<LoggedEvent | undefined> {
    for (let next = sequence; ; ) {
      const message = await nextMessage(this.#connection, EVENT_STREAM, subject, next);
      if (message === undefined) return undefined;
      try {
        return { event: RunEvent.decode(message.data), sequence: message.sequence };
      } catch {
        // A message that is no event was written by another program, and is skipped.
        next = message.sequence + 1;
      }
    }
  }
}
