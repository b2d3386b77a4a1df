/** Starts and stops a coordinator: opens its parts in order. */
import { setMaxListeners } from 'node:events';
import { checkListenAddress } from '@lyceum/platform';
import { processMetrics, Readiness, startProbes } from '@lyceum/platform/metrics';
import { LyceumError } from '@lyceum/proto';
import type { Registry } from 'prom-client';
import { claimRestore, hasWholeStore, watchReconnects } from './mirror/index.js';
import { coordinatorMetrics, observeCoordinator } from './monitoring/index.js';
import { openAskers } from './open-askers.js';
import { openDataPlane } from './open-data-plane.js';
import { openRuns } from './open-runs.js';
import { openServer, type Rooms } from './open-server.js';
import { openStorage } from './open-storage.js';
import { openTeachers } from './open-teachers.js';
import { Passes, Reconciler, SuspectAnswers } from './reconciliation/index.js';
import type { ServeOptions } from './serve-options.js';
import { type StudentSession, WorkerSessions } from './sessions/index.js';
import { StopSteps } from './stop-steps.js';

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
  /** Resolves when the coordinator cannot go on. */
  readonly closed: Promise<ClosedReason>;
  /** Lets calls finish for some seconds, makes answers durable, closes. Idempotent. */
  stop(): Promise<void>;
}

/** How long calls in progress may take when the coordinator stops. Sessions end at once. */
const STOP_GRACE_MS = 2_000;

/** How often tickets are checked: the longest delay of a re-issue that waits for nothing else. */
const TICKET_TICK_MS = 200;

/** How often the students' waits are checked: a wait may last so much longer than the quorum's deadline. */
const DEADLINE_TICK_MS = 50;

/** How often the coordinator checks whether a canary is due. */
const CANARY_TICK_MS = 500;

/** How often the coordinator checks which teachers are wanted. */
const DEMAND_TICK_MS = 1_000;

/** How often the bytes of stored answers are checked. */
const ANSWERS_TICK_MS = 10_000;

/**
 * Starts a coordinator: waits for NATS, waits until it leads, takes over its predecessor's records, and then listens.
 * Its probes answer from the beginning, and say what the coordinator waits for.
 *
 * @throws {LyceumError} PERMISSION_DENIED if NATS refuses the coordinator's user or certificate; UNAVAILABLE if NATS
 *   goes away again while records are read; FAILED_PRECONDITION if an address is taken or may not be used; ABORTED if
 *   another coordinator takes over meanwhile; CANCELLED if `signal` aborts.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const isGuarded = options.insecure || options.tls !== undefined;
  checkListenAddress(options.listenAddress, isGuarded);
  checkListenAddress(options.httpAddress, isGuarded);
  const stops = new StopSteps((err) => options.log.error({ err }, 'another part failed to stop'));
  try {
    return await start(options, stops);
  } catch (err) {
    await stops
      .stopAll()
      .catch((failure) => options.log.error({ err: failure }, 'a part failed to stop'));
    throw err;
  }
}

async function start(options: ServeOptions, stops: StopSteps): Promise<Serving> {
  const { insecure, tls, log } = options;
  const readiness = new Readiness();
  const registry = processMetrics();
  const probes = await startProbes({
    address: options.httpAddress,
    insecure,
    tls,
    ready: () => readiness.lack(),
    metrics: registry,
  });
  stops.add(() => probes.close());

  const passes = new Passes(log);
  const changed = () => passes.request();
  const students = new WorkerSessions<StudentSession>();
  const storage = await openStorage(options, readiness, stops);
  const metrics = coordinatorMetrics(registry);
  const runs = openRuns(storage, options, stops);
  const teachers = await openTeachers({ storage, runs, metrics, changed }, options);
  const dataPlane = openDataPlane(options, stops);
  const opened = { storage, runs, teachers, dataPlane, metrics, changed };
  const askers = openAskers(opened, options);
  const rooms = { ...opened, askers, students };
  observe(registry, rooms);
  const reconciler = openReconciler(rooms, options);
  storage.store.onChange(changed);

  const stopping = new AbortController();
  // Every long-running call listens to this signal: there is no limit.
  setMaxListeners(0, stopping.signal);
  const server = await openServer(rooms, options, stopping.signal);
  stops.add(async () => {
    const reason = new LyceumError('UNAVAILABLE', 'the coordinator is stopping');
    stopping.abort(reason);
    await server.stop(STOP_GRACE_MS);
    await passes.stop();
    askers.active.closeAll(reason);
  });
  const closed = untilClosed(rooms, reconciler, options, stopping.signal);
  startTicks(rooms, options, stops);
  passes.start(() => reconciler.pass());
  const { nats, leadership } = storage;
  readiness.ready(() => (nats.connected ? leadership.lack : 'not connected to NATS'));
  const { leaderEpoch } = leadership;
  log.info({ address: server.address, http: probes.address, leaderEpoch }, 'coordinator ready');
  return {
    address: server.address,
    http: probes.address,
    closed,
    stop: () => stops.stopAll(),
  };
}

function openReconciler(
  { storage, runs, teachers, dataPlane, askers, students }: Rooms,
  { log }: ServeOptions,
): Reconciler {
  const { leadership, store, queue, catalog, pointers, blobs, answers } = storage;
  const { lifecycle, deletion, monitor, events } = runs;
  const { sessions, desk, health, proofs, suspicions } = teachers;
  const { active, users } = askers;
  const suspects = new SuspectAnswers({
    suspicions,
    store,
    lifecycle,
    events,
    catalog,
    pointers,
    blobs,
    answers,
    active,
    streams: askers.streams,
    noted: () => proofs.noted(),
    settled: () => proofs.settled(),
    log,
  });
  return new Reconciler({
    leadership,
    store,
    lifecycle,
    deletion,
    monitor,
    active,
    teacherUsers: users,
    queue,
    desk,
    health,
    suspects,
    teachers: sessions,
    students,
    load: dataPlane.load,
    log,
    now: () => performance.now(),
  });
}

/** Lets Prometheus read the state of the coordinator's parts. */
function observe(
  registry: Registry,
  { storage, runs, teachers, dataPlane, askers, students }: Rooms,
): void {
  observeCoordinator(registry, {
    isNatsConnected: () => storage.nats.connected,
    sessionCounts: () => ({
      teacher: teachers.sessions.list().length,
      student: students.list().length,
    }),
    openTicketCount: () => teachers.desk.book.openCount,
    desiredTeacherWorkers: () => askers.demand.desiredWorkers(),
    dataShares: () => dataPlane.load.shares,
    answerBytes: () => storage.answers.sizeBytes,
    quarantineCount: () => teachers.health.quarantines().length,
    runStates: () => storage.store.list().map(({ state }) => state),
    runs: () =>
      askers.active.trainings().map((targets) => ({
        runId: targets.runId,
        openWantCount: targets.openWantCount(),
        waitingShare: runs.monitor.progress(targets.runId)?.waitingShare ?? 0,
      })),
  });
}

/** Resolves once the coordinator cannot go on. A lost ticket queue is no reason: its tickets are issued again. */
function untilClosed(
  { storage, teachers, changed }: Rooms,
  reconciler: Reconciler,
  { log }: ServeOptions,
  stopping: AbortSignal,
): Promise<ClosedReason> {
  const { nats, mirrorFolder, queue, leadership } = storage;
  const storeLost = new Promise<ClosedReason>((resolve) => {
    watchReconnects({
      nats,
      queue,
      log,
      stopping,
      assertHeld: () => leadership.assertHeld(),
      hasStore: () => hasWholeStore(nats, mirrorFolder),
      queueLost: () => {
        teachers.desk.queueLost();
        reconciler.queuesLost();
        changed();
      },
      storeLost: () => {
        // This coordinator has the copy that restores the store. Another leader would take the remains for the whole.
        leadership.keep();
        claimRestore(nats, mirrorFolder, leadership.leaderEpoch)
          .catch((err: unknown) => log.warn({ err }, 'the store could not be marked as lost'))
          .finally(() => resolve('store-lost'));
      },
    });
  });
  const deposed = leadership.lost.then((): ClosedReason => {
    log.error('another coordinator leads now, or NATS went back to an older store');
    return 'deposed';
  });
  const disconnected = nats.closed.then((): ClosedReason => 'disconnected');
  return Promise.race([disconnected, deposed, storeLost]);
}

function startTicks({ teachers, askers }: Rooms, { log }: ServeOptions, stops: StopSteps): void {
  const { active, demand, keeper } = askers;
  stops.every(ANSWERS_TICK_MS, () => {
    keeper.shrink().catch((err: unknown) => log.error({ err }, 'answers not deleted'));
  });
  stops.every(TICKET_TICK_MS, () => teachers.desk.tick());
  stops.every(DEADLINE_TICK_MS, () => active.tick(performance.now()));
  stops.every(CANARY_TICK_MS, () => teachers.health.canaries.tick());
  stops.every(DEMAND_TICK_MS, () => demand.tick());
}
