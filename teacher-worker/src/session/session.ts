/**
 * The session to the coordinator, for as long as the worker lives: opens it, says hello, passes on each
 * desired state, and opens another whenever one ends.
 */
import {
  type DuplexCall,
  type LineOutbox,
  type Logger,
  openDuplex,
  retryDelayMs,
  sendLines,
  sleep,
  type TeacherClient,
} from '@lyceum/platform';
import {
  type LyceumError,
  type TeacherAssignment,
  type TeacherHello,
  type TeacherReport,
  toLyceumError,
} from '@lyceum/proto';
import type { SessionLink } from './session-link.js';

/** A session that lived this long was a good one: after its end the backoff begins anew. */
const GOOD_SESSION_MS = 10_000;

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

  /** Begins to hold a session. */
  start(): void {
    this.#ended = this.#keep();
  }

  /** Ends the session: all that was sent arrives before its end does. */
  async stop(): Promise<void> {
    const late = new AbortController();
    void sleep(FAREWELL_MS, late.signal).then(() => this.#call?.cancel());
    this.#stopping.abort();
    await this.#linesSent;
    this.#call?.end();
    await this.#ended;
    late.abort();
  }

  async #keep(): Promise<void> {
    const { nowMs, random, log } = this.#options;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt += 1) {
      const openedMs = nowMs();
      const err = await this.#hold();
      if (this.#stopping.signal.aborted) return;
      if (nowMs() - openedMs >= GOOD_SESSION_MS) attempt = 0;
      const delayMs = retryDelayMs(attempt, random());
      this.#heldByOther = err?.code === 'ALREADY_EXISTS' ? err.message : undefined;
      const what = this.#heldByOther === undefined ? 'session ended' : 'worker id in use; waiting';
      log.warn({ err, delayMs }, what);
      await sleep(delayMs, this.#stopping.signal);
    }
  }

  /** One session from its start to its end. Returns why it ended, undefined if the coordinator ended it. */
  async #hold(): Promise<LyceumError | undefined> {
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
        if (!this.#up) {
          this.#options.log.info({ revision: assignment.revision }, 'session opened');
          this.#linesSent = this.#sendLines(link);
        }
        this.#up = true;
        assigned(assignment, link);
      }
      return undefined;
    } catch (thrown) {
      return toLyceumError(thrown);
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
