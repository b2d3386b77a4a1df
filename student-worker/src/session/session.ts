/**
 * The worker's session with the coordinator, for as long as the program runs.
 *
 * Each session begins with the hello and the worker's actual state, so that a coordinator that has just
 * started learns of a training under way before it decides. What it answers is the desired state, whole.
 * A session's end means nothing to the training: it goes on, and the next session tells.
 */
import {
  type DuplexCall,
  keepSession,
  type LineOutbox,
  openDuplex,
  type StudentClient,
  sendLines,
  sleep,
} from '@lyceum/platform';
import type { StudentAssignment, StudentHello, StudentReport } from '@lyceum/proto';
import type { Patience } from './patience.js';
import type { ReportOutbox } from './report-outbox.js';

/** How long the coordinator has to end its side of a session that the worker ends, milliseconds. */
const GOODBYE_MS = 1_000;

export interface SessionOptions {
  readonly client: StudentClient;
  readonly hello: StudentHello;
  readonly outbox: ReportOutbox;
  /** Of the worker's log. */
  readonly lines: LineOutbox;
  readonly onAssignment: (assignment: StudentAssignment) => void;
  /** True from the first message of a session until the session ends. */
  readonly onConnected: (connected: boolean) => void;
  /** Another process has a session of this worker id: it is waited for, and this is why. */
  readonly onHeldByOther: (reason: string) => void;
  /** Its signal ends the session, after what is in the outbox. */
  readonly patience: Patience;
}

/**
 * Holds a session open until the signal aborts.
 *
 * @throws {LyceumError} as {@link keepSession}.
 */
export function holdSession(options: SessionOptions): Promise<void> {
  const { patience, onConnected, onHeldByOther } = options;
  return keepSession({
    ...patience,
    hold: async (answered) => {
      try {
        await oneSession(options, answered);
      } finally {
        onConnected(false);
      }
    },
    heldByOther: (reason) => {
      if (reason !== undefined) onHeldByOther(reason);
    },
    nowMs: () => performance.now(),
  });
}

async function oneSession(options: SessionOptions, answered: () => void): Promise<void> {
  const { client, outbox, onAssignment, onConnected, patience } = options;
  outbox.startSession();
  const call = openDuplex(() => client.session());
  const over = new AbortController();
  const sending = sendReports(call, options, over.signal);
  try {
    for await (const assignment of call.incoming) {
      answered();
      onConnected(true);
      if (!patience.signal.aborted) onAssignment(assignment);
    }
  } finally {
    over.abort();
    call.cancel();
    await sending;
  }
}

/** Sends what is due until the session is over, or the worker ends it. The call's end says why it failed. */
async function sendReports(
  call: DuplexCall<StudentReport, StudentAssignment>,
  { hello, outbox, lines, patience: { signal, log } }: SessionOptions,
  over: AbortSignal,
): Promise<void> {
  const until = AbortSignal.any([signal, over]);
  try {
    await call.send({ report: { $case: 'hello', hello } });
    const linesSent = sendLines(lines, { leaving: signal, closed: over }, (logged) =>
      call.send({ report: { $case: 'logged', logged: { lines: logged } } }),
    ).catch(() => undefined);
    while (!over.aborted) {
      const report = outbox.take();
      if (report !== undefined) await call.send(report);
      else if (signal.aborted) break;
      else await outbox.changed(until);
    }
    await linesSent;
    if (over.aborted) return;
    call.end();
    await sleep(GOODBYE_MS, over);
    call.cancel();
  } catch (err) {
    log.debug({ err }, 'report not sent');
    call.cancel();
  }
}
