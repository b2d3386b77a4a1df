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
  type Logger,
  openDuplex,
  type SessionCredentials,
  sessionHeaders,
  type TeacherClient,
} from '@lyceum/platform';
import type { BlobCache, Nats } from '@lyceum/platform/nats';
import { digestHex, type TeacherAssignment, type TeacherState } from '@lyceum/proto';
import { SetPictures, type TeacherCompute } from './compute/index.js';
import {
  InferenceDesk,
  type InferencePlaces,
  InferenceServers,
  type ServedModel,
} from './serving/index.js';
import {
  type SessionLink,
  type TeacherMetrics,
  teacherState,
  type WantedTeacher,
  wantedTeacher,
} from './session/index.js';
import { LoadedTeachers } from './teachers/index.js';
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

export interface TeacherWorkerOptions {
  readonly version: string;
  readonly memoryBudgetBytes: number;
  /** See {@link LoadedTeachers}. */
  readonly gpuUsedBytes: () => Promise<number | undefined>;
  readonly compute: TeacherCompute;
  /** Windows of pictures of sets in shards. */
  readonly windows: WorkerWindows;
  readonly nats: Nats;
  readonly cache: BlobCache;
  readonly client: TeacherClient;
  readonly sessionCredentials: SessionCredentials;
  readonly metrics: TeacherMetrics;
  /** Milliseconds that only rise. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * One ticket computes while the next waits in the thread: between the two the thread need not wait for the event loop.
 */
const COMPUTE_TURNS = 2;

export class TeacherWorker {
  readonly #options: TeacherWorkerOptions;
  readonly #turns = new FairTurns(COMPUTE_TURNS);
  /** Turns of each remote teacher: it waits for no other teacher here. */
  readonly #remoteTurns = new Map<string, FairTurns>();
  readonly #teachers: LoadedTeachers;
  readonly #answers: AnswerDesk;
  readonly #desk: TicketDesk;
  readonly #probes: ProbeDesk;
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
      changed: () => this.#tell(),
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
  }

  /**
   * Serves the loaded teachers by the Open Inference Protocol.
   *
   * @param ready - whether the worker can work.
   */
  serve(places: InferencePlaces, ready: () => boolean): Promise<InferenceServers> {
    const { version, log } = this.#options;
    const desk = new InferenceDesk({
      find: (name) => this.#served(name),
      names: () => this.#teachers.servedNames(),
      ready,
      version,
    });
    return InferenceServers.start(desk, places, log);
  }

  /** Finishes tickets in hand within `budgetMs`, hands back the rest, and takes no more. */
  async drain(budgetMs: number): Promise<void> {
    this.#options.compute.excuse();
    this.#teachers.stop();
    await this.#desk.drain(budgetMs);
  }

  /** Called when a session begins. */
  async opened(link: SessionLink): Promise<void> {
    this.#link = link;
    link.closed.addEventListener('abort', () => {
      this.#assigned = undefined;
      this.#desk.leave();
    });
    await link.send({ $case: 'state', state: this.#state() });
  }

  /** Sets the whole desired state. */
  follow({ revision, teachers, ticketStream }: TeacherAssignment): void {
    const wanted = teachers.map((teacher) => wantedTeacher(teacher, ticketStream));
    this.#assigned = { revision, teachers: wanted };
    // Before the loads and unloads, so that no ticket is taken for a teacher that is about to be unloaded.
    this.#reconcile();
    this.#teachers.follow(wanted);
  }

  /** Takes tickets for the teachers that are wanted and loaded, and reports which these are. */
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
    this.#tell();
  }

  /** Reports how its teachers are. If the session ends meanwhile, its end is handled elsewhere. */
  #tell(): void {
    this.#link?.send({ $case: 'state', state: this.#state() }).catch(() => undefined);
  }

  #state(): TeacherState {
    const { loaded, failed } = this.#teachers;
    return teacherState(this.#assigned?.revision ?? 0, loaded, failed, this.#probes.troubles);
  }

  #openLane(teacher: DeskTeacher, link: SessionLink): TicketLane {
    const { nats, client, sessionCredentials, metrics, nowMs, random, log } = this.#options;
    const { identity, stream, consumer, ticketsInHand } = teacher;
    const metadata = callMetadata(sessionHeaders(sessionCredentials));
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

  /**
   * The turns that a teacher waits for: a teacher that computes here shares them with all others that do; one that is
   * asked over the network has its own.
   */
  #turnsOf(identity: string): FairTurns {
    const known = this.#remoteTurns.get(identity);
    if (known !== undefined) return known;
    if (!isRemoteEngine(this.#engineOf(identity))) return this.#turns;
    const own = new FairTurns(1);
    this.#remoteTurns.set(identity, own);
    return own;
  }

  /** Empty if the teacher is not wanted here. */
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
