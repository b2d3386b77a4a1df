/**
 * Writes and reads the runs' event log. Events of a run are written in order, and callers need not wait. An event that
 * cannot be written is lost, with a line in the log; no state depends on it.
 */
import { type Logger, sleep } from '@lyceum/platform';
import type { EventLog, LoggedEvent } from '@lyceum/platform/nats';
import { RunEvent, toLyceumError } from '@lyceum/proto';
import { standingEvents } from './standing-events.js';

export type RunEventKind =
  | 'submitted'
  | 'state-changed'
  | 'assigned'
  | 'fitted'
  | 'validation'
  | 'checkpoint'
  | 'degraded'
  | 'ticket-reissued'
  | 'answer-refused'
  | 'worker-joined'
  | 'worker-left'
  | 'worker-quarantined'
  | 'worker-released'
  | 'replica-differs'
  | 'answers-dropped'
  | 'went-back'
  | 'report-marked'
  | 'teacher-judged'
  | 'teacher-warning';

/** Events read lately are kept: reading an event is a request to NATS, and web pages read them again and again. */
const KNOWN_RUNS = 4;
const KNOWN_EVENTS = 10_000;

/** Limit of the wait for unwritten events: while NATS is away, each of them may take seconds. */
const SETTLING_MS = 3_000;

/** A run's events, oldest first, read up to a sequence. */
interface KnownEvents {
  readonly events: readonly RunEvent[];
  readonly sequence: number;
}

export class RunEvents {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #writes = new Map<string, Promise<void>>();
  /** By run id; the run read last is at the end. */
  readonly #known = new Map<string, KnownEvents>();

  constructor(log: EventLog, logger: Logger, now: () => number) {
    this.#log = log;
    this.#logger = logger;
    this.#now = now;
  }

  add(
    runId: string,
    kind: RunEventKind,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
  ): void {
    const event = RunEvent.fromPartial({
      atMs: this.#now(),
      runId,
      kind,
      message,
      dataJson: JSON.stringify(data),
    });
    const write = (this.#writes.get(runId) ?? Promise.resolve()).then(async () => {
      try {
        await this.#log.append(runId, event);
      } catch (thrown) {
        this.#logger.warn({ err: toLyceumError(thrown), runId, kind, message }, 'event lost');
      }
    });
    this.#writes.set(runId, write);
    void write.then(() => {
      if (this.#writes.get(runId) === write) this.#writes.delete(runId);
    });
  }

  /**
   * The run's events that still stand, oldest first; with `follow` also each new event, until `signal` aborts. A
   * reader with `follow` sees events of a step again if the step is trained again.
   */
  async *read(
    runId: string,
    { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<RunEvent, void, undefined> {
    const { events, sequence: after } = await this.#past(runId, signal);
    yield* standingEvents(events);
    if (!follow) return;
    for await (const { event } of this.#log.read(runId, { follow, signal, after })) yield event;
  }

  /** All recorded events. Of events already known, only the newest is read again, to see that the log is the same. */
  async #past(runId: string, signal: AbortSignal): Promise<KnownEvents> {
    const known = this.#known.get(runId);
    const after = known === undefined ? 0 : known.sequence - 1;
    const read: LoggedEvent[] = [];
    for await (const logged of this.#log.read(runId, { follow: false, signal, after })) {
      read.push(logged);
    }
    if (known !== undefined && !begins(read, known)) {
      // The run was deleted meanwhile, or NATS has a new stream.
      this.#known.delete(runId);
      return this.#past(runId, signal);
    }
    const older = known === undefined ? [] : known.events.slice(0, -1);
    const events = [...older, ...read.map(({ event }) => event)];
    const past = { events, sequence: read.at(-1)?.sequence ?? 0 };
    this.#keep(runId, past);
    return past;
  }

  #keep(runId: string, past: KnownEvents): void {
    this.#known.delete(runId);
    if (past.events.length > 0 && past.events.length <= KNOWN_EVENTS) this.#known.set(runId, past);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_RUNS && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Deletes a run's events, after those under way are written. */
  async purge(runId: string): Promise<void> {
    await this.#writes.get(runId);
    await this.#log.purge(runId);
  }

  /** Resolves once all added events are written, or after {@link SETTLING_MS}. */
  async settled(): Promise<void> {
    const written = new AbortController();
    const late = sleep(SETTLING_MS, written.signal);
    await Promise.race([Promise.all(this.#writes.values()), late]);
    written.abort();
  }
}

function begins([first]: readonly LoggedEvent[], { events, sequence }: KnownEvents): boolean {
  return first?.sequence === sequence && first.event.atMs === events.at(-1)?.atMs;
}
