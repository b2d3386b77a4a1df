/**
 * A teacher worker as the coordinator sees it: session, tickets from the real queue, answers. It computes nothing:
 * {@link logitsOf} gives each sample's logits.
 */
import { type DatasetParts, SPLIT_NAMES } from '@lyceum/learning/datasets';
import { classSpreadSamples, orderedSamples } from '@lyceum/learning/orders';
import {
  callMetadata,
  type DuplexCall,
  newSessionKey,
  openDuplex,
  type SessionCredentials,
  sessionHeaders,
  sleep,
  type TeacherClient,
} from '@lyceum/platform';
import type { Nats, TakenTicket } from '@lyceum/platform/nats';
import {
  type AnswerFrame,
  type AnswerReceipt,
  float32Tensor,
  float32Values,
  type TeacherAssignment,
  type TeacherReport,
  type Ticket,
  ticketId,
} from '@lyceum/proto';
import { CLASS_COUNT } from './tiny-artifacts.js';

const PULL_PAUSE_MS = 100;

/** Logits of one sample: small numbers that differ by teacher, sample, class and view. */
export function logitsOf(
  identity: Buffer | Uint8Array,
  sample: number,
  viewEpoch = 0,
  classCount = CLASS_COUNT,
): number[] {
  return Array.from(
    { length: classCount },
    (_, c) => (((identity[0] ?? 0) + 3 * sample + 5 * c + 11 * viewEpoch) % 17) / 4,
  );
}

/** Answers only the tickets of a run's first span, in any order of tickets. */
export function firstSpanOnly(frame: AnswerFrame): AnswerFrame | undefined {
  const { order, firstPosition } = frame.ticket ?? {};
  return order?.epoch === 0 && firstPosition === 0 ? frame : undefined;
}

/** The samples that a ticket asks for. */
export function samplesOf(dataset: DatasetParts, ticket: Ticket): number[] {
  const { splits } = dataset;
  const samples = [...splits.keys()].filter((i) => splits[i] === ticket.split);
  const { order, firstPosition, positionCount } = ticket;
  if (order?.byClass === true) {
    const split = SPLIT_NAMES[ticket.split - 1] ?? 'train';
    const drawn = classSpreadSamples(dataset, split, order, firstPosition + positionCount);
    return [...drawn.subarray(firstPosition)];
  }
  const inSplit = Uint32Array.from(samples);
  return [...orderedSamples(inSplit, dataset.chunkEnds, order, firstPosition, positionCount)];
}

/** Clients that a teacher worker starts with. */
export interface Surroundings {
  readonly clients: { readonly teacher: TeacherClient };
  readonly nats: Pick<Nats, 'ticketSource'>;
}

export interface TeacherPeerOptions {
  readonly workerId: string;
  readonly dataset: DatasetParts;
  /** Called with the answer to each ticket; its result is sent, undefined: nothing. */
  readonly answer?: (
    frame: AnswerFrame,
  ) => AnswerFrame | undefined | Promise<AnswerFrame | undefined>;
  /** Goes on taking tickets when it is told to stop, as a worker does that has not heard of it yet. */
  readonly deaf?: boolean;
  /** Answers to probes instead of {@link logitsOf}; undefined: nothing. `round` counts from 1. */
  readonly probe?: (
    values: number[],
    round: number,
    probe: Ticket,
  ) => number[] | undefined | Promise<number[] | undefined>;
  /** Why it cannot load its teachers; undefined: it can. Called at each assignment and by {@link TeacherPeer.tell}. */
  readonly failure?: () => { readonly reason: string; readonly permanent: boolean } | undefined;
  /** Why it cannot read the data set of a probe; undefined: it can. */
  readonly unreadable?: (probe: Ticket) => string | undefined;
  /** The noise that it reports of its answers; default: that of float32. */
  readonly noise?: number;
  /** Takes tickets without a report. */
  readonly silent?: boolean;
  /** Default: those of a new process. */
  readonly credentials?: SessionCredentials;
}

export class TeacherPeer {
  readonly taken: TakenTicket[] = [];
  readonly receipts: AnswerReceipt[] = [];
  /** Why streams of answers ended. */
  readonly refusals: unknown[] = [];
  assignment: TeacherAssignment | undefined;
  readonly credentials: SessionCredentials;
  /** How the session ended; undefined: it is open. */
  sessionEnd: unknown;
  readonly #cluster: Surroundings;
  readonly #options: TeacherPeerOptions;
  readonly #session: DuplexCall<TeacherReport, TeacherAssignment>;
  readonly #over = new AbortController();
  readonly #pulling = new Map<string, AbortController>();
  /** Answers to probes so far, by ticket. */
  readonly #probed = new Map<string, number>();

  constructor(cluster: Surroundings, options: TeacherPeerOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.credentials = options.credentials ?? {
      workerId: options.workerId,
      sessionKey: newSessionKey(),
    };
    this.#session = openDuplex(() => cluster.clients.teacher.session());
    void this.#run();
  }

  /** Ends everything at once, as a kill does. */
  kill(): void {
    this.#over.abort();
    this.#session.cancel();
  }

  async returnTicket(taken: TakenTicket, reason: string, retryable: boolean): Promise<void> {
    const { ticket } = taken;
    const returned = { ticket, reason, retryable };
    await this.#session.send({ report: { $case: 'returned', returned } });
  }

  async tellInference(
    teacherIdentity: Uint8Array,
    sampleCount: number,
    inferenceSeconds: number,
  ): Promise<void> {
    const measured = {
      teacherIdentity: Buffer.from(teacherIdentity),
      sampleCount,
      inferenceSeconds,
    };
    await this.#session.send({ report: { $case: 'measured', measured } });
  }

  /** Answers a ticket on a new stream. */
  async answer(
    ticket: Ticket,
    change: (frame: AnswerFrame) => AnswerFrame,
  ): Promise<AnswerReceipt> {
    const metadata = callMetadata(sessionHeaders(this.credentials));
    const stream = openDuplex(() => this.#cluster.clients.teacher.sendAnswers(metadata));
    await stream.send(change(this.frameFor(ticket)));
    for await (const receipt of stream.incoming) {
      stream.end();
      return receipt;
    }
    throw new Error('no receipt came');
  }

  frameFor(ticket: Ticket): AnswerFrame {
    const { dataset } = this.#options;
    const { classCount } = dataset;
    const samples = samplesOf(dataset, ticket);
    const values = samples.flatMap((s) =>
      logitsOf(ticket.teacherIdentity, s, ticket.viewEpoch, classCount),
    );
    const shape = [samples.length, classCount];
    const logits = float32Tensor('logits', shape, Float32Array.from(values));
    return { ticket, firstRow: 0, tensors: [logits], inferenceSeconds: 0.01, calls: undefined };
  }

  async #run(): Promise<void> {
    const device = { engine: 'native', engineVersion: '1', computeThreads: 1, device: 'cpu' };
    const hello = { ...this.credentials, version: '1', memoryBudgetBytes: 2 ** 30, device };
    try {
      await this.#session.send({ report: { $case: 'hello', hello } });
      for await (const assignment of this.#session.incoming) {
        this.assignment = assignment;
        await this.#tellState(assignment);
        for (const { ticketConsumer, ticketsInHand, probes } of assignment.teachers) {
          for (const probe of probes) await this.#answerProbe(probe);
          if (ticketsInHand > 0) void this.#keepPulling(ticketConsumer);
          else if (this.#options.deaf !== true) this.#stopPulling(ticketConsumer);
        }
        const wanted = new Set(assignment.teachers.map((t) => t.ticketConsumer));
        for (const consumer of this.#pulling.keys()) {
          if (!wanted.has(consumer)) this.#stopPulling(consumer);
        }
      }
      this.sessionEnd = 'ended';
    } catch (err) {
      // Killed, ended with the coordinator, or refused.
      this.sessionEnd = err;
    }
  }

  async send(report: NonNullable<TeacherReport['report']>): Promise<void> {
    await this.#session.send({ report });
  }

  /** Reports again which teachers are loaded. */
  async tell(): Promise<void> {
    if (this.assignment !== undefined) await this.#tellState(this.assignment);
  }

  async #tellState({ revision, teachers }: TeacherAssignment): Promise<void> {
    const failure = this.#options.failure?.();
    const failed = teachers.flatMap(({ teacherIdentity }) =>
      failure === undefined ? [] : [{ teacherIdentity, ...failure }],
    );
    const loaded = (failure === undefined ? teachers : []).map(({ teacherIdentity }) => ({
      teacherIdentity,
      classCount: this.#options.dataset.classCount,
      parameterCount: 6,
      weightBytes: 24,
      latencyBatch1Ms: 1.5,
      answerNoise: this.#options.noise ?? 1e-4,
    }));
    await this.#session.send({
      report: { $case: 'state', state: { revision, loaded, failed } },
    });
  }

  /** Pulls tickets, again after a failure, as by a time limit on a busy machine, until {@link kill} or a stop. */
  async #keepPulling(consumer: string): Promise<void> {
    if (this.#pulling.has(consumer)) return;
    const stop = new AbortController();
    this.#pulling.set(consumer, stop);
    const signal = AbortSignal.any([this.#over.signal, stop.signal]);
    while (!signal.aborted) {
      await this.#pull(consumer, signal).catch(() => sleep(PULL_PAUSE_MS));
    }
  }

  async #pull(consumer: string, signal: AbortSignal): Promise<void> {
    const source = await this.#cluster.nats.ticketSource('LYCEUM_TICKETS', consumer);
    while (!signal.aborted) {
      const taken = await source.pull(signal);
      if (taken === undefined) return;
      if (this.sessionEnd !== undefined) return taken.release();
      this.taken.push(taken);
      if (this.#options.silent === true) continue;
      const { ticket } = taken;
      await this.#session.send({ report: { $case: 'taken', taken: { ticket } } });
      await this.#work(taken);
    }
  }

  #stopPulling(consumer: string): void {
    this.#pulling.get(consumer)?.abort();
    this.#pulling.delete(consumer);
  }

  async #answerProbe(probe: Ticket): Promise<void> {
    const id = ticketId(probe);
    const answers = this.#options.probe ?? ((values) => values);
    const failure = this.#options.unreadable?.(probe);
    if (failure !== undefined && (this.#probed.get(id) ?? 0) < probe.attempt) {
      this.#probed.set(id, probe.attempt);
      const probed = { ticket: probe, tensors: [], failure, unreadable: true };
      await this.#session.send({ report: { $case: 'probed', probed } });
    }
    for (let round = (this.#probed.get(id) ?? 0) + 1; round <= probe.attempt; round++) {
      this.#probed.set(id, round);
      const [logits] = this.frameFor(probe).tensors;
      const values = logits && (await answers([...float32Values(logits)], round, probe));
      if (logits === undefined || values === undefined) continue;
      const tensors = [float32Tensor('logits', logits.shape, Float32Array.from(values))];
      const probed = { ticket: { ...probe, attempt: round }, tensors, failure: '' };
      await this.#session.send({ report: { $case: 'probed', probed } });
    }
  }

  async #work(taken: TakenTicket): Promise<void> {
    const change = this.#options.answer ?? ((frame) => frame);
    const frame = await change(this.frameFor(taken.ticket));
    if (frame === undefined) return;
    try {
      this.receipts.push(await this.answer(taken.ticket, () => frame));
      taken.ack();
    } catch (err) {
      this.refusals.push(err);
    }
  }
}
