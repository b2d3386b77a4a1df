/** The session with the coordinator, for as long as the worker lives: says hello, and passes on each desired state. */
import {
  type DuplexCall,
  keepSession,
  type LineOutbox,
  type Logger,
  openDuplex,
  sendLines,
  sleep,
  type TeacherClient,
} from '@lyceum/platform';
import type { TeacherAssignment, TeacherHello, TeacherReport } from '@lyceum/proto';
import type { SessionLink } from './session-link.js';

/** How long the coordinator may take to end a session that the worker ended. */
const FAREWELL_MS = 2_000;

export interface SessionOptions {
  readonly client: TeacherClient;
  readonly hello: TeacherHello;
  /** The session is open and hello is said. */
  readonly opened: (link: SessionLink) => Promise<void>;
  readonly assigned: (assignment: TeacherAssignment, link: SessionLink) => void;
  /** Sent once the coordinator has said which teachers the worker has. */
  readonly lines: LineOutbox;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #stopping = new AbortController();
  #call: DuplexCall<TeacherReport, TeacherAssignment> | undefined;
  #up = false;
  #heldByOther: string | undefined;
  #ended: Promise<void> = Promise.resolve();
  #linesSent: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** True once the coordinator has answered on the session that is open. */
  get up(): boolean {
    return this.#up;
  }

  /** Why the worker waits for its own id: another process has a session of it. Undefined: none is known to. */
  get heldByOther(): string | undefined {
    return this.#heldByOther;
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
      signal: this.#stopping.signal,
      nowMs,
      random,
      log,
    });
    return this.#ended;
  }

  /** Ends the session: all that was sent arrives before its end does. */
  async stop(): Promise<void> {
    const late = new AbortController();
    void sleep(FAREWELL_MS, late.signal).then(() => this.#call?.cancel());
    this.#stopping.abort();
    await this.#linesSent;
    this.#call?.end();
    // Who started it is told why it failed.
    await this.#ended.catch(() => undefined);
    late.abort();
  }

  /** One session from its start to its end. */
  async #hold(answered: () => void): Promise<void> {
    const { client, hello, opened, assigned } = this.#options;
    const closed = new AbortController();
    const call = openDuplex(() => client.session());
    this.#call = call;
    const link: SessionLink = {
      closed: closed.signal,
      send: (report) => call.send({ report }),
    };
    try {
      await link.send({ $case: 'hello', hello });
      await opened(link);
      for await (const assignment of call.incoming) {
        answered();
        if (!this.#up) this.#linesSent = this.#sendLines(link);
        this.#up = true;
        assigned(assignment, link);
      }
    } finally {
      this.#call = undefined;
      this.#up = false;
      closed.abort();
      call.cancel();
    }
  }

  /** Of a session that ends meanwhile its end is told elsewhere. */
  async #sendLines({ closed, send }: SessionLink): Promise<void> {
    const leaving = this.#stopping.signal;
    await sendLines(this.#options.lines, { leaving, closed }, (lines) =>
      send({ $case: 'logged', logged: { lines } }),
    ).catch(() => undefined);
  }
}
