/**
 * The coordinator's side of a teacher worker, over real gRPC: it does what a test says and records what the worker
 * did.
 */
import { createLogger, duplex, RpcServer, SERVICES } from '@lyceum/platform';
import {
  type AnswerFrame,
  type AnswerReceipt,
  float32Values,
  type InferenceMeasured,
  type LyceumError,
  type ProbeAnswered,
  type TeacherAssignment,
  type TeacherHello,
  type TeacherReport,
  type TeacherState,
  TICKET_STREAM,
  type Ticket,
  type TicketReturned,
  type TicketTaken,
  ticketId,
} from '@lyceum/proto';

const log = createLogger({ name: 'coordinator', level: 'silent' });

/** The record of one worker's session. */
export class WorkerSession {
  readonly hello: TeacherHello;
  readonly taken: TicketTaken[] = [];
  readonly returned: TicketReturned[] = [];
  readonly measured: InferenceMeasured[] = [];
  readonly probed: ProbeAnswered[] = [];
  state: TeacherState | undefined;
  ended = false;
  readonly #send: (assignment: TeacherAssignment) => Promise<void>;

  constructor(hello: TeacherHello, send: (assignment: TeacherAssignment) => Promise<void>) {
    this.hello = hello;
    this.#send = send;
  }

  /** Sends the whole desired state. */
  assign(assignment: TeacherAssignment): Promise<void> {
    return this.#send(assignment);
  }
}

export class StandInCoordinator {
  readonly sessions: WorkerSession[] = [];
  /** Complete answers, by ticket id. */
  readonly answers = new Map<string, { ticket: Ticket; logits: Float32Array }>();
  /** The desired state that a new session gets first. */
  greeting: TeacherAssignment = { revision: 1, teachers: [], ticketStream: TICKET_STREAM };
  /** While set, each session ends with this error at its hello. */
  refuseSessions: LyceumError | undefined;
  /** While true, receipts are held back. */
  holdReceipts = false;
  /** Ends the next answer stream with this status at its first frame. */
  refuseNextAnswer: LyceumError | undefined;
  readonly #held: (() => void)[] = [];
  #server: RpcServer | undefined;

  get address(): string {
    return `127.0.0.1:${this.#server?.port}`;
  }

  /** @param port - 0: any free one. */
  async start(port = 0): Promise<void> {
    const implementation = {
      session: duplex<TeacherReport, TeacherAssignment>(log, (reports, send) =>
        this.#session(reports, send),
      ),
      sendAnswers: duplex<AnswerFrame, AnswerReceipt>(log, (frames, send) =>
        this.#answers(frames, send),
      ),
    };
    this.#server = await RpcServer.start({
      address: `127.0.0.1:${port}`,
      services: [[SERVICES.teacher, implementation]],
      log,
      insecure: false,
    });
  }

  /** Ends as if it was killed: every call breaks. */
  async stop(): Promise<void> {
    await this.#server?.stop(0);
  }

  answerTo(ticket: Ticket): Float32Array | undefined {
    return this.answers.get(ticketId(ticket))?.logits;
  }

  releaseReceipts(): void {
    this.holdReceipts = false;
    for (const send of this.#held.splice(0)) send();
  }

  async #session(
    reports: AsyncIterable<TeacherReport>,
    send: (assignment: TeacherAssignment) => Promise<void>,
  ): Promise<void> {
    let session: WorkerSession | undefined;
    try {
      for await (const { report } of reports) {
        if (report?.$case === 'hello') {
          if (this.refuseSessions !== undefined) throw this.refuseSessions;
          session = new WorkerSession(report.hello, send);
          this.sessions.push(session);
          await session.assign(this.greeting);
        } else if (report?.$case === 'state' && session) session.state = report.state;
        else if (report?.$case === 'taken') session?.taken.push(report.taken);
        else if (report?.$case === 'returned') session?.returned.push(report.returned);
        else if (report?.$case === 'measured') session?.measured.push(report.measured);
        else if (report?.$case === 'probed') session?.probed.push(report.probed);
      }
    } finally {
      if (session) session.ended = true;
    }
  }

  async #answers(
    frames: AsyncIterable<AnswerFrame>,
    send: (receipt: AnswerReceipt) => Promise<void>,
  ): Promise<void> {
    const rows = new Map<string, number[]>();
    for await (const { ticket, firstRow, tensors } of frames) {
      if (this.refuseNextAnswer !== undefined) {
        const refusal = this.refuseNextAnswer;
        this.refuseNextAnswer = undefined;
        throw refusal;
      }
      const [logits] = tensors;
      if (ticket === undefined || logits === undefined) throw new Error('not a frame');
      const id = ticketId(ticket);
      const width = logits.shape[1] ?? 0;
      const sofar = rows.get(id) ?? [];
      if (sofar.length !== firstRow * width) throw new Error('rows are missing');
      sofar.push(...float32Values(logits));
      rows.set(id, sofar);
      if (sofar.length < ticket.positionCount * width) continue;
      rows.delete(id);
      this.answers.set(id, { ticket, logits: Float32Array.from(sofar) });
      const receipt = () => void send({ ticket, wanted: true });
      if (this.holdReceipts) this.#held.push(receipt);
      else receipt();
    }
  }
}
