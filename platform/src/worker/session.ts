/**
 * A worker's session with the coordinator, for as long as the worker lives: sends the hello, passes on each desired
 * state, and opens the session again whenever it ends.
 */
import type { LoggedLine } from '@lyceum/proto';
import { sleep } from '../pacing/index.js';
import type { Logger } from '../process/index.js';
import type { DuplexCall } from '../rpc/index.js';
import { keepSession } from './keep-session.js';
import { type LineOutbox, sendLines } from './line-outbox.js';

/** How long the coordinator may take to end a session that the worker ends. */
const GOODBYE_MS = 2_000;

/** A report that every worker may send. */
interface LoggedReport {
  readonly $case: 'logged';
  readonly logged: { lines: LoggedLine[] };
}

/** A session with the coordinator, for parts of the worker that send reports. */
export interface SessionLink<Report> {
  /** Aborts when the session has ended; the coordinator then gives the worker's work to others. */
  readonly closed: AbortSignal;
  /** Resolves once the report is on its way. Throws a {@link LyceumError} if the session has ended. */
  send(report: Report): Promise<void>;
}

export interface SessionOptions<Report, Assignment> {
  /** `HOST:PORT` of the coordinator. */
  readonly coordinator: string;
  readonly open: () => DuplexCall<{ report?: Report | LoggedReport | undefined }, Assignment>;
  readonly hello: Report;
  /**
   * Called after the hello was sent. Sends the worker's reports, and resolves when all are sent. If it goes on for as
   * long as the session, it must send its last reports when `leaving` aborts.
   */
  readonly opened: (link: SessionLink<Report>, leaving: AbortSignal) => Promise<void>;
  /** Called with the whole desired state. */
  readonly assigned: (assignment: Assignment) => void;
  /** Called with true at the coordinator's first message of a session, with false at the session's end. */
  readonly answered: (isAnswered: boolean) => void;
  /** Lines of the worker's log. They are sent once the coordinator has sent a desired state. */
  readonly lines: LineOutbox;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

export class Session<Report, Assignment> {
  readonly #options: SessionOptions<Report, Assignment>;
  readonly #leaving = new AbortController();
  #call: { end(): void; cancel(): void } | undefined;
  #isAnswered = false;
  #heldByOther: string | undefined;
  #ended: Promise<void> = Promise.resolve();
  /** Resolves when all is sent on the session that is open. */
  #said: Promise<unknown> = Promise.resolve();

  constructor(options: SessionOptions<Report, Assignment>) {
    this.#options = options;
  }

  /** Why the worker cannot work, in words; undefined: the coordinator has answered on the present session. */
  get lack(): string | undefined {
    if (this.#isAnswered) return undefined;
    return this.#heldByOther ?? `no session with the coordinator at ${this.#options.coordinator}`;
  }

  /**
   * Holds a session until {@link stop}.
   *
   * @throws {LyceumError} as {@link keepSession}.
   */
  start(): Promise<void> {
    const { nowMs, random, log } = this.#options;
    this.#ended = keepSession({
      hold: (answered) => this.#hold(answered),
      heldByOther: (reason) => {
        this.#heldByOther = reason;
      },
      signal: this.#leaving.signal,
      nowMs,
      random,
      log,
    });
    return this.#ended;
  }

  /** Ends the session once all reports have been sent. */
  async stop(): Promise<void> {
    const late = new AbortController();
    void sleep(GOODBYE_MS, late.signal).then(() => this.#call?.cancel());
    this.#leaving.abort();
    await this.#said;
    this.#call?.end();
    // The caller of `start` is told why it failed.
    await this.#ended.catch(() => undefined);
    late.abort();
  }

  /** One session from its start to its end. */
  async #hold(answered: () => void): Promise<void> {
    const { open, assigned } = this.#options;
    const closed = new AbortController();
    const call = open();
    const link: SessionLink<Report | LoggedReport> = {
      closed: closed.signal,
      send: (report) => call.send({ report }),
    };
    this.#call = call;
    this.#said = this.#say(link, () => call.cancel());
    try {
      for await (const assignment of call.incoming) {
        answered();
        this.#beAnswered(link);
        if (!this.#leaving.signal.aborted) assigned(assignment);
      }
    } finally {
      this.#call = undefined;
      this.#isAnswered = false;
      this.#options.answered(false);
      closed.abort();
      call.cancel();
    }
  }

  /** Sends hello and reports. An error here is only logged: the end of the call gives the reason. */
  async #say(link: SessionLink<Report>, cancel: () => void): Promise<void> {
    const { hello, opened, log } = this.#options;
    try {
      await link.send(hello);
      await opened(link, this.#leaving.signal);
    } catch (err) {
      log.debug({ err }, 'report not sent');
      cancel();
    }
  }

  /** Called at the first message of a session. */
  #beAnswered({ closed, send }: SessionLink<LoggedReport>): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#options.answered(true);
    const leaving = this.#leaving.signal;
    // If the session ends meanwhile, its end is handled elsewhere.
    const linesSent = sendLines(this.#options.lines, { leaving, closed }, (lines) =>
      send({ $case: 'logged', logged: { lines } }),
    ).catch(() => undefined);
    this.#said = Promise.all([this.#said, linesSent]);
  }
}
