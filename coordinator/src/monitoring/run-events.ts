/**
 * The runs' event log, as the coordinator writes it: in order for each run, without holding anybody up. An
 * event that cannot be written is lost, with a line in the log; no state depends on it.
 */
import type { EventLog, Logger } from '@lyceum/platform';
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

export class RunEvents {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #writes = new Map<string, Promise<void>>();

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
   * What stands of the run's events, oldest first; with `follow` also each new one, until `signal` aborts. One who follows
   * sees steps again that are taken again meanwhile.
   */
  async *read(
    runId: string,
    { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<RunEvent, void, undefined> {
    const past: RunEvent[] = [];
    let after = 0;
    for await (const { event, sequence } of this.#log.read(runId, { follow: false, signal })) {
      past.push(event);
      after = sequence;
    }
    yield* standingEvents(past);
    if (!follow) return;
    for await (const { event } of this.#log.read(runId, { follow, signal, after })) yield event;
  }

  /** Forgets a run's events, once those under way are written. */
  async purge(runId: string): Promise<void> {
    await this.#writes.get(runId);
    await this.#log.purge(runId);
  }

  /** Resolves once what was added has been written. */
  async settled(): Promise<void> {
    await Promise.all(this.#writes.values());
  }
}
