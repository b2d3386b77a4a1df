/**
 * A teacher worker: follows the coordinator's desired state and answers tickets.
 *
 * ```
 *  session ──assignment──▶ loaded teachers ──load, unload──▶ compute thread
 *     ▲                         │ changed                          ▲
 *     └──state──────────────────┤                                  │ one ticket at a time
 *                               └──▶ ticket desk ──lane per teacher┘
 * ```
 */
import { isRemoteEngine, isWrittenDown } from '@lyceum/learning/formats';
import type { WorkerWindows } from '@lyceum/learning/windows';
import {
  callMetadata,
  type LineOutbox,
  type Logger,
  newSessionKey,
  openDuplex,
  type SessionCredentials,
  sessionHeaders,
  type TeacherClient,
} from '@lyceum/platform';
import type { BlobCache, Nats } from '@lyceum/platform/nats';
import {
  digestHex,
  type TeacherAssignment,
  type TeacherState,
  type WorkerDevice,
} from '@lyceum/proto';
import { SetPictures, type TeacherCompute } from './compute/index.js';
import {
  InferenceDesk,
  type InferencePlaces,
  InferenceServers,
  type ServedModel,
} from './serving/index.js';
import { Session, type SessionLink, type TeacherMetrics } from './session/index.js';
import {
  LoadedTeachers,
  teacherState,
  type WantedTeacher,
  wantedTeacher,
} from './teachers/index.js';
import {
  AnswerDesk,
  AnswerStream,
  AnswerStreams,
  type DeskTeacher,
  FairTurns,
  ProbeDesk,
  TicketDesk,
  TicketLane,
  TRAVELLING_MAX_COUNT,
} from './tickets/index.js';

/** What a stopping worker gives the tickets in hand before it hands them back. */
export const DRAIN_BUDGET_MS = 10_000;

export interface TeacherWorkerOptions {
  readonly workerId: string;
  readonly version: string;
  readonly memoryBudgetBytes: number;
  readonly computeThreads: number;
  /** What computes, as it is told. */
  readonly device: Omit<WorkerDevice, 'computeThreads'>;
  /** What may be spent of the GPU; undefined: the processor computes. */
  readonly gpuMemoryBudgetBytes: number | undefined;
  /** See {@link LoadedTeachers}. */
  readonly gpuUsedBytes: () => Promise<number | undefined>;
  readonly compute: TeacherCompute;
  /** Of sets in shards. */
  readonly windows: WorkerWindows;
  readonly nats: Nats;
  readonly cache: BlobCache;
  readonly client: TeacherClient;
  /** Of its log, for the coordinator. */
  readonly lines: LineOutbox;
  readonly metrics: TeacherMetrics;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

/** One computes, the next lies ready in the thread, which else would wait for this one's event loop in between. */
const COMPUTE_TURNS = 2;

export class TeacherWorker {
  readonly #options: TeacherWorkerOptions;
  readonly #credentials: SessionCredentials;
  readonly #turns = new FairTurns(COMPUTE_TURNS);
  /** Of teachers that somebody else runs: they wait for nobody here. */
  readonly #remoteTurns = new Map<string, FairTurns>();
  readonly #teachers: LoadedTeachers;
  readonly #answers: AnswerDesk;
  readonly #desk: TicketDesk;
  readonly #probes: ProbeDesk;
  readonly #session: Session;
  #link: SessionLink | undefined;
  /** The newest assignment of the session that is open. */
  #assigned: { readonly revision: number; readonly teachers: readonly WantedTeacher[] } | undefined;

  constructor(options: TeacherWorkerOptions) {
    this.#options = options;
    const { compute, cache, nowMs, random, log } = options;
    const pictures = new SetPictures(options.windows);
    this.#answers = new AnswerDesk({
      compute,
      pictures,
      failedToAnswer: (identity, err) => this.#teachers.failedToAnswer(identity, err),
      looksAtInputs: (identity) => !isWrittenDown(this.#engineOf(identity)),
    });
    this.#credentials = { workerId: options.workerId, sessionKey: newSessionKey() };
    this.#desk = new TicketDesk({
      openLane: (teacher, link) => this.#openLane(teacher, link),
      settled: () => this.#teachers.proceed(),
    });
    this.#probes = new ProbeDesk({
      turn: (identity, signal) => this.#turnsOf(identity).take(identity, signal),
      fetchDataset: (identity, ticket) =>
        this.#teachers.fetchDataset(identity, digestHex(ticket.datasetDigest)),
      answer: (identity, ticket, dataset, signal) =>
        this.#answers.answer({ identity, ticket, dataset, isProbe: true, signal }),
      forget: (identity) => compute.forget(identity),
      random,
      log,
    });
    this.#teachers = new LoadedTeachers({
      compute,
      cache,
      pictures,
      budgetBytes: options.memoryBudgetBytes,
      gpuUsedBytes: options.gpuUsedBytes,
      ticketsInHand: (identity) => this.#desk.inHand(identity),
      changed: () => this.#reconcile(),
      nowMs,
      random,
      log,
    });
    this.#session = new Session({
      client: options.client,
      hello: {
        ...this.#credentials,
        version: options.version,
        memoryBudgetBytes: options.memoryBudgetBytes,
        device: { ...options.device, computeThreads: options.computeThreads },
        gpuMemoryBudgetBytes: options.gpuMemoryBudgetBytes,
      },
      opened: (link) => this.#opened(link),
      assigned: (assignment) => this.#follow(assignment),
      lines: options.lines,
      nowMs,
      random,
      log,
    });
  }

  /** Why the worker cannot work, in words; undefined if it can. */
  get unready(): string | undefined {
    if (this.#session.up) return undefined;
    return this.#session.heldByOther ?? 'there is no session with the coordinator';
  }

  /**
   * Works until {@link stop}.
   *
   * @throws {LyceumError} if the coordinator will never have this worker.
   */
  start(): Promise<void> {
    return this.#session.start();
  }

  /** Serves the loaded teachers by the Open Inference Protocol. */
  serve(places: InferencePlaces): Promise<InferenceServers> {
    const { version, log } = this.#options;
    const desk = new InferenceDesk({
      find: (name) => this.#served(name),
      names: () => this.#teachers.servedNames(),
      ready: () => this.#session.up,
      version,
    });
    return InferenceServers.start(desk, places, log);
  }

  /** Finishes or hands back what is in hand, then ends the session. */
  async stop(): Promise<void> {
    this.#teachers.stop();
    await this.#desk.drain(DRAIN_BUDGET_MS);
    await this.#session.stop();
  }

  async #opened(link: SessionLink): Promise<void> {
    this.#link = link;
    link.closed.addEventListener('abort', () => {
      this.#assigned = undefined;
      this.#desk.leave();
    });
    await link.send({ $case: 'state', state: this.#state() });
  }

  #follow({ revision, teachers, ticketStream }: TeacherAssignment): void {
    const wanted = teachers.map((teacher) => wantedTeacher(teacher, ticketStream));
    this.#assigned = { revision, teachers: wanted };
    // First, so that no ticket is taken for a teacher that is about to be unloaded.
    this.#reconcile();
    this.#teachers.follow(wanted);
  }

  /** Pulls for the teachers that are wanted and loaded, and reports which those are. */
  #reconcile(): void {
    const link = this.#link;
    const assigned = this.#assigned;
    if (link === undefined || assigned === undefined) return;
    const { loaded } = this.#teachers;
    const here = assigned.teachers.filter(({ identity }) => loaded.has(identity));
    this.#desk.follow(
      link,
      here.filter(({ ticketsInHand }) => ticketsInHand > 0),
    );
    this.#probes.follow(link, here);
    // Of a session that ends meanwhile its end is told elsewhere.
    link.send({ $case: 'state', state: this.#state() }).catch(() => undefined);
  }

  #state(): TeacherState {
    const { loaded, failed } = this.#teachers;
    return teacherState(this.#assigned?.revision ?? 0, loaded, failed);
  }

  #openLane(teacher: DeskTeacher, link: SessionLink): TicketLane {
    const { nats, client, metrics, nowMs, random, log } = this.#options;
    const { identity, stream, consumer, ticketsInHand } = teacher;
    const metadata = callMetadata(sessionHeaders(this.#credentials));
    return new TicketLane({
      identity,
      link,
      openSource: () => nats.ticketSource(stream, consumer),
      ticketsInHand,
      turns: this.#turnsOf(identity),
      answers: new AnswerStreams(
        Array.from(
          { length: TRAVELLING_MAX_COUNT },
          () => new AnswerStream(() => openDuplex(() => client.sendAnswers(metadata)), random),
        ),
      ),
      fetchDataset: async (ticket) => {
        const digest = digestHex(ticket.datasetDigest);
        const dataset = await this.#teachers.fetchDataset(identity, digest);
        await this.#answers.announce(identity, ticket, dataset);
        return dataset;
      },
      compute: (ticket, dataset, signal) =>
        this.#answers.answer({ identity, ticket, dataset, isProbe: false, signal }),
      passedOver: (ticket, dataset) => this.#answers.passedOver(identity, ticket, dataset),
      metrics,
      nowMs,
      random,
      log: log.child({ teacherIdentity: identity }),
    });
  }

  /** Who computes, waits for all others that do; who asks over the network, for its own last question. */
  #turnsOf(identity: string): FairTurns {
    const known = this.#remoteTurns.get(identity);
    if (known !== undefined) return known;
    if (!isRemoteEngine(this.#engineOf(identity))) return this.#turns;
    const own = new FairTurns(1);
    this.#remoteTurns.set(identity, own);
    return own;
  }

  /** Empty of one that is not wanted here. */
  #engineOf(identity: string): string {
    return this.#assigned?.teachers.find((wanted) => wanted.identity === identity)?.engine ?? '';
  }

  #served(name: string): ServedModel | undefined {
    const teacher = this.#teachers.named(name);
    if (teacher === undefined) return undefined;
    const { identity, engine, description } = teacher;
    const { inputShape, classCount, classNames } = description;
    if (inputShape === undefined) return undefined;
    return {
      engine,
      inputShape,
      classCount,
      ...(classNames !== undefined && { classNames }),
      infer: async (inputs, rowCount, signal) => {
        const endTurn = await this.#turnsOf(identity).take(identity, signal);
        try {
          return await this.#options.compute.infer({ identity, inputs, rowCount });
        } finally {
          endTurn();
        }
      },
    };
  }
}
