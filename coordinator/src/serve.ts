/** The coordinator as one value to start and stop. `main.ts` calls it with what the flags say. */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import {
  awaitNats,
  checkListenAddress,
  type Logger,
  type NatsCredentials,
  type Outside,
  processMetrics,
  RpcServer,
  SERVICES,
  startProbes,
  type TlsIdentity,
  targetService,
  untilNatsAnswers,
} from '@lyceum/platform';
import {
  LEADER_BUCKET,
  type LoadedTeacher,
  LyceumError,
  NAME_BUCKET,
  POINTER_BUCKET,
  QUARANTINE_BUCKET,
  RUN_BUCKET,
  ticketId,
} from '@lyceum/proto';
import { AnswerStore } from './answers/index.js';
import { ArtifactCatalog, Downloads, RemoteModels } from './artifacts/index.js';
import { AnswerVerifications, EnsembleEvaluations } from './evaluation/index.js';
import {
  AnswerProofs,
  KeptProbes,
  QuarantineStore,
  TeacherHealth,
  UnprovenFile,
} from './health/index.js';
import {
  AnswerKeeper,
  CheckpointCommits,
  GarbageCollector,
  RunDeletion,
  RunLifecycle,
  SupersededBlobs,
} from './lifecycle/index.js';
import {
  findStore,
  MIRRORED_BUCKETS,
  MirrorFolder,
  restoreStore,
  StateMirror,
  watchReconnects,
} from './mirror/index.js';
import { coordinatorMetrics, RunEvents, RunMonitor } from './monitoring/index.js';
import { EndpointTrials, runWarnings } from './planning/index.js';
import { ActiveRuns, Reconciler, SuspectAnswers, TeacherDemand } from './reconciliation/index.js';
import {
  ContributorLedgers,
  Leadership,
  type RunRecord,
  RunStore,
  stateFolderId,
} from './runs/index.js';
import {
  answerService,
  artifactService,
  clusterService,
  ensembleService,
  runService,
  studentService,
  teacherService,
} from './services/index.js';
import { type StudentSession, type TeacherSession, WorkerSessions } from './sessions/index.js';
import { StopSteps } from './stop-steps.js';
import { TargetStreams } from './target-streams/index.js';
import { Combiner } from './targets/index.js';
import { TicketDesk } from './tickets/index.js';

export interface ServeOptions {
  /** NATS with JetStream, `nats://127.0.0.1:4222`. */
  readonly natsUrl: string;
  /** The coordinator's user in NATS; default: none, or what the certificate says. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** Folder that the coordinator owns: answers and cached blobs. */
  readonly stateDir: string;
  /** Bytes of answers kept on disk; those that runs in progress need stay beyond it. */
  readonly answersMaxBytes: number;
  /** gRPC, `127.0.0.1:7700`; port 0: a free one. */
  readonly listenAddress: string;
  /** Probes and metrics, plain HTTP. */
  readonly httpAddress: string;
  /** How long a teacher worker that answers may go without a canary; a minute is a good value. */
  readonly canaryIntervalMs: number;
  /** Where tokens and keys for inference servers are, and at which addresses those may be. */
  readonly outside: Outside;
  /** Folder of data sets that runs name by their paths. Default: none may be. */
  readonly datasetsRoot?: string | undefined;
  /** Allows addresses that others reach, although nothing guards them. */
  readonly insecure: boolean;
  /** Mutual TLS with whoever calls, and with NATS. Default: without. */
  readonly tls?: TlsIdentity | undefined;
  /** What `version` calls answer. */
  readonly version: string;
  readonly log: Logger;
  /** Gives up waiting for NATS. */
  readonly signal?: AbortSignal;
}

/**
 * - `disconnected`  the connection to NATS is lost for good
 * - `deposed`       another coordinator leads
 * - `store-lost`    NATS came back with an empty store; a coordinator that is started now restores it
 */
type ClosedReason = 'disconnected' | 'deposed' | 'store-lost';

export interface Serving {
  /** Where gRPC listens, `127.0.0.1:41234`. */
  readonly address: string;
  readonly http: string;
  /** Resolves if it cannot go on. */
  readonly closed: Promise<ClosedReason>;
  /** Lets calls finish for some seconds, makes answers durable, closes. Idempotent. */
  stop(): Promise<void>;
}

/** How long calls in progress may take when the coordinator stops. Sessions end at once. */
const STOP_GRACE_MS = 2_000;

/** How often tickets are looked at: the delay of a re-issue that waits for nothing else. */
const TICKET_TICK_MS = 200;

/** How often the students' waits are looked at: how much longer than a quorum's deadline they may last. */
const DEADLINE_TICK_MS = 50;

/** How often it is looked at whether a canary is due. */
const CANARY_TICK_MS = 500;

/** How often it is looked at which teachers are wanted. */
const DEMAND_TICK_MS = 1_000;

/** How often the answers' room on disk is looked at. */
const ANSWERS_TICK_MS = 10_000;

/**
 * Starts a coordinator: waits for NATS, then until it leads, takes over its predecessor's records, then listens. Its
 * probes answer from the beginning, and say what it waits for.
 *
 * @throws {LyceumError} PERMISSION_DENIED if NATS refuses its user or certificate; UNAVAILABLE if NATS goes away again
 *   while records are read; FAILED_PRECONDITION if an address is taken or may not be used; ABORTED if another
 *   coordinator takes over meanwhile; CANCELLED if `signal` aborts.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log, stateDir, insecure, tls, version } = options;
  checkListenAddress(options.listenAddress, insecure || tls !== undefined);
  checkListenAddress(options.httpAddress, insecure || tls !== undefined);
  const started = new StopSteps();
  try {
    return await start();
  } catch (err) {
    await started.run();
    throw err;
  }

  async function start(): Promise<Serving> {
    const now = Date.now;
    const registry = processMetrics();
    let unready = (): string | undefined => 'starting';
    const probes = await startProbes({
      address: options.httpAddress,
      insecure,
      tls,
      ready: () => unready(),
      metrics: registry,
    });
    started.add(() => probes.close());
    const waiting = {
      signal: options.signal ?? new AbortController().signal,
      tell: (reason: string) => {
        unready = () => reason;
      },
      random: Math.random,
      log,
    };
    const { natsUrl: url, natsCredentials: credentials } = options;
    const role = 'coordinator';
    const nats = await awaitNats({ url, name: role, role, credentials, tls, log }, waiting);
    started.add(() => nats.close());
    if (insecure && credentials === undefined && tls === undefined) {
      log.warn('NATS asks nobody who it is: whoever reaches it may read and write all of it');
    }
    const mirrorFolder = await MirrorFolder.open(join(stateDir, 'mirror'), MIRRORED_BUCKETS);
    // It may be there before its JetStream is, or go away again.
    const natsStore = await untilNatsAnswers(waiting, () => restoreStore(nats, mirrorFolder, log));
    unready = () => 'waiting until it leads';
    const bucket = (name: string) => nats.keyValue(name, { create: true });
    const buckets = {
      runs: await bucket(RUN_BUCKET),
      pointers: await bucket(POINTER_BUCKET),
      names: await bucket(NAME_BUCKET),
    };
    const mirror = new StateMirror({
      folder: mirrorFolder,
      buckets,
      blobs: await nats.blobs({ create: true }),
      log,
    });
    const { pointers, blobs } = mirror;
    const queue = await nats.tickets();
    await queue.ensureStream();
    const eventLog = await nats.events();
    await eventLog.ensureStream();

    const answers = await AnswerStore.open(join(stateDir, 'answers'), log);
    started.add(() => answers.close());
    const ledgers = await ContributorLedgers.open(join(stateDir, 'contributors'));
    const catalog = await ArtifactCatalog.open(mirror.names, blobs, {
      stateDir,
      datasetsRoot: options.datasetsRoot,
      log,
    });
    const endpointTrials = new EndpointTrials({ catalog, outside: options.outside });
    const remoteModels = new RemoteModels({ catalog, outside: options.outside, now });
    const leadership = await Leadership.acquire({
      kv: await bucket(LEADER_BUCKET),
      holder: await stateFolderId(stateDir),
      log,
      nowMs: () => performance.now(),
    });
    started.add(() => leadership.release());
    const { leaderEpoch } = leadership;
    const store = await RunStore.open(mirror.runs, leadership, log);
    await mirror.start({ ...natsStore, leaderEpoch }, () => store.list());
    started.add(() => mirror.stop());
    const monitor = new RunMonitor(store);
    const events = new RunEvents(eventLog, log, now);
    started.add(() => events.settled());
    const lifecycle = new RunLifecycle({ store, pointers, monitor, events, log, now });
    const deletion = new RunDeletion({ store, pointers, catalog, ledgers, events, log, now });
    const garbage = new GarbageCollector({ store, pointers, catalog, eventLog, log, now });
    const superseded = new SupersededBlobs({ store, pointers, catalog, log });
    started.add(() => superseded.settled());
    const commits = new CheckpointCommits({ pointers: buckets.pointers, blobs, superseded });
    const teachers = new WorkerSessions<TeacherSession>();
    const students = new WorkerSessions<StudentSession>();
    const desk = new TicketDesk({
      queue,
      store: answers,
      leaderEpoch,
      log,
      now,
      reissued: (runIds, ticket, reason) => {
        metrics.reissuedTickets.inc();
        const { attempt, firstPosition, positionCount } = ticket;
        const data = { ticket: ticketId(ticket), attempt, firstPosition, positionCount };
        for (const runId of runIds) {
          events.add(runId, 'ticket-reissued', `ticket issued again: ${reason}`, data);
        }
      },
    });
    const combiner = new Combiner();
    started.add(() => combiner.close());
    const quarantines = new QuarantineStore(await bucket(QUARANTINE_BUCKET), log);
    started.add(() => quarantines.settled());
    const health = await TeacherHealth.open({
      keptProbes: await KeptProbes.open(join(stateDir, 'probes')),
      hasAnswers: (teacher, set) =>
        answers
          .tables()
          .some(({ key }) => key.teacherIdentity === teacher && key.datasetDigest === set),
      suspects: (replica, reason, items) => suspects.add(replica, reason, items),
      proven: () => proofs.settled(),
      store,
      lifecycle,
      events,
      catalog,
      desk,
      quarantines,
      metrics: () => metrics,
      canaryIntervalMs: options.canaryIntervalMs,
      changed: () => reconciler.request(),
      log,
      now,
    });
    const proofs = await AnswerProofs.open({
      store: answers,
      file: new UnprovenFile(join(stateDir, 'unproven-answers.json')),
      unproven: health.unproven,
      stored: (replica, records, count) => health.stored(replica, records, count),
      log,
      now,
    });
    const active = new ActiveRuns({
      combiner,
      store,
      lifecycle,
      monitor,
      answers,
      ledgers,
      events,
      blobs,
      desk,
      catalog,
      pointers,
      log,
      now,
      coordinatorVersion: version,
      measurementOf: (identity) => measurementOf(teachers.list(), identity),
      health,
      changed: () => reconciler.request(),
      onTargetsSent: (_, stepCount) => metrics.targets.inc(stepCount),
    });
    const suspects = new SuspectAnswers({
      store,
      lifecycle,
      events,
      catalog,
      pointers,
      blobs,
      answers,
      active,
      settled: () => proofs.settled(),
      log,
    });
    const demand = new TeacherDemand({ store, active, monitor, desk, teachers, now });
    const metrics = coordinatorMetrics(registry, {
      sessionCounts: () => ({ teacher: teachers.list().length, student: students.list().length }),
      openTicketCount: () => desk.openCount,
      desiredTeacherWorkers: () => demand.desiredWorkers(),
      answerBytes: () => answers.sizeBytes,
      quarantineCount: () => health.quarantines().length,
      runs: () =>
        active.trainings().map((targets) => ({
          runId: targets.runId,
          openWantCount: targets.openWantCount(),
          waitingShare: monitor.progress(targets.runId)?.waitingShare ?? 0,
        })),
    });
    const evaluations = new EnsembleEvaluations({
      store,
      catalog,
      answers,
      desk,
      changed: () => reconciler.request(),
    });
    const verifications = new AnswerVerifications({
      store,
      catalog,
      answers,
      desk,
      changed: () => reconciler.request(),
      now,
    });
    const streams = new TargetStreams({
      store,
      catalog,
      answers,
      ledgers,
      desk,
      combiner,
      workerCount: () => teachers.list().length,
      changed: () => reconciler.request(),
    });
    const reconciler = new Reconciler({
      leadership,
      store,
      lifecycle,
      deletion,
      monitor,
      active,
      teacherUsers: () => [...evaluations.users(), ...verifications.users(), ...streams.users()],
      queue,
      desk,
      health,
      suspects,
      teachers,
      students,
      log,
      now,
    });
    store.onChange(() => reconciler.request());
    store.onChange((runId) => {
      if (store.get(runId) !== undefined) return;
      ledgers.delete(runId).catch((err: unknown) => log.warn({ err, runId }, 'ledger not deleted'));
    });

    const maxBytes = options.answersMaxBytes;
    const readers = () => streams.readers();
    const keeper = new AnswerKeeper({ answers, store, readers, maxBytes, log });
    const stopping = new AbortController();
    // Every call that lasts listens to it.
    setMaxListeners(0, stopping.signal);
    const shared = {
      store,
      downloads: new Downloads(blobs),
      lifecycle,
      monitor,
      active,
      events,
      catalog,
      remoteModels,
      endpointTrials,
      answers,
      proofs,
      ledgers,
      desk,
      health,
      metrics,
    };
    const calls = {
      ...shared,
      log,
      now,
      stopping: stopping.signal,
      changed: () => reconciler.request(),
    };
    const warnings = (record: RunRecord) => [
      ...runWarnings(record),
      ...lackingWorkers(teachers.list().length, students.list().length),
    ];
    const server = await RpcServer.start({
      address: options.listenAddress,
      log,
      insecure,
      tls,
      services: [
        [SERVICES.teacher, teacherService({ ...calls, sessions: teachers })],
        [SERVICES.student, studentService({ ...calls, sessions: students, commits })],
        [SERVICES.run, runService({ ...calls, deletion, stateDir, warnings })],
        [SERVICES.artifact, artifactService(calls)],
        [SERVICES.answer, answerService({ ...calls, keeper, verifications })],
        [SERVICES.ensemble, ensembleService({ ...calls, evaluations })],
        [SERVICES.target, targetService({ ...calls, targets: streams })],
        [
          SERVICES.cluster,
          clusterService({ ...calls, garbage, teachers, students, demand, version }),
        ],
      ],
    });
    started.add(async () => {
      stopping.abort(new LyceumError('UNAVAILABLE', 'the coordinator is stopping'));
      await server.stop(STOP_GRACE_MS);
      await reconciler.stop();
      active.closeAll(new LyceumError('UNAVAILABLE', 'the coordinator is stopping'));
    });
    let storeLost: (reason: ClosedReason) => void = () => undefined;
    const storeLoss = new Promise<ClosedReason>((resolve) => {
      storeLost = resolve;
    });
    watchReconnects({
      nats,
      queue,
      log,
      stopping: stopping.signal,
      hasStore: async () => (await findStore(nats)) !== undefined,
      queueLost: () => {
        desk.queueLost();
        reconciler.queuesLost();
      },
      storeLost: () => storeLost('store-lost'),
    });
    started.every(ANSWERS_TICK_MS, () => {
      keeper.shrink().catch((err: unknown) => log.error({ err }, 'answers not deleted'));
    });
    started.every(TICKET_TICK_MS, () => desk.tick());
    started.every(DEADLINE_TICK_MS, () => active.tick(performance.now()));
    started.every(CANARY_TICK_MS, () => health.tick());
    started.every(DEMAND_TICK_MS, () => demand.tick());
    reconciler.start();
    unready = () => (nats.connected ? undefined : 'not connected to NATS');
    log.info({ address: server.address, http: probes.address, leaderEpoch }, 'coordinator ready');
    const deposed = leadership.lost.then((): ClosedReason => {
      log.error('another coordinator leads now');
      return 'deposed';
    });
    const disconnected = nats.closed.then((): ClosedReason => 'disconnected');
    return {
      address: server.address,
      http: probes.address,
      closed: Promise.race([disconnected, deposed, storeLoss]),
      stop: () => started.run(),
    };
  }
}

/** A teacher's measurement by the worker whose id comes first: the same one each time. */
function measurementOf(
  sessions: readonly TeacherSession[],
  identity: string,
): LoadedTeacher | undefined {
  for (const session of sessions) {
    // What it was not told to load it cannot have measured.
    const loaded = session.wanted.has(identity) ? session.loaded().get(identity) : undefined;
    if (loaded !== undefined) return loaded;
  }
  return undefined;
}

function lackingWorkers(teacherCount: number, studentCount: number): string[] {
  const warnings: string[] = [];
  if (studentCount === 0)
    warnings.push('no student worker is connected: the run will wait for one');
  if (teacherCount === 0) warnings.push('no teacher worker is connected: the run may wait for one');
  return warnings;
}
