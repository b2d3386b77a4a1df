/** Opens the gRPC server: makes each service with the parts that it needs. */
import { RpcServer, SERVICES, targetService } from '@lyceum/platform';
import { Downloads, RemoteModels } from './artifacts/index.js';
import { RunFindings } from './evaluation/index.js';
import type { CoordinatorMetrics } from './monitoring/index.js';
import type { Askers } from './open-askers.js';
import type { DataPlane } from './open-data-plane.js';
import type { Runs } from './open-runs.js';
import type { Storage } from './open-storage.js';
import type { Teachers } from './open-teachers.js';
import { EndpointTrials, lackingWorkers, runWarnings } from './planning/index.js';
import type { RunRecord } from './runs/index.js';
import type { ServeOptions } from './serve-options.js';
import {
  answerService,
  artifactService,
  clusterService,
  ensembleService,
  runService,
  studentService,
  teacherService,
} from './services/index.js';
import type { StudentSession, WorkerSessions } from './sessions/index.js';

export interface Rooms {
  readonly storage: Storage;
  readonly runs: Runs;
  readonly teachers: Teachers;
  readonly dataPlane: DataPlane;
  readonly askers: Askers;
  readonly students: WorkerSessions<StudentSession>;
  readonly metrics: CoordinatorMetrics;
  /** Requests a pass of the reconciler. */
  readonly changed: () => void;
}

/** @param stopping - aborts when the coordinator stops: ends long-running calls. */
export function openServer(
  rooms: Rooms,
  options: ServeOptions,
  stopping: AbortSignal,
): Promise<RpcServer> {
  const { storage, runs, teachers, dataPlane, askers, students, metrics, changed } = rooms;
  const { store, pointers, catalog, blobs, answers, ledgers, histories } = storage;
  const { lifecycle, deletion, garbage, commits, monitor, events, logs } = runs;
  const { sessions, desk, health, proofs } = teachers;
  const { active, evaluations, verifications, streams, demand, keeper } = askers;
  const { listenAddress: address, insecure, tls, outside, stateDir, version, log } = options;
  const now = Date.now;
  const steadyNow = () => performance.now();
  const downloads = new Downloads(blobs);
  const remoteModels = new RemoteModels({ catalog, outside, now });
  const warnings = (record: RunRecord) => [
    ...runWarnings(record),
    ...lackingWorkers(record, {
      teachers: sessions.list().length,
      students: students.list().length,
    }),
  ];

  const teacher = teacherService({
    sessions,
    desk,
    data: dataPlane.threads,
    proofs,
    store,
    lifecycle,
    monitor,
    health,
    events,
    logs,
    metrics,
    stopping,
    changed,
    log,
    now,
    steadyNow,
  });
  const student = studentService({
    sessions: students,
    store,
    lifecycle,
    active,
    answers,
    histories,
    logs,
    commits,
    stopping,
    changed,
    log,
    now,
    steadyNow,
  });
  const run = runService({
    store,
    catalog,
    remoteModels,
    endpointTrials: new EndpointTrials({ catalog, outside }),
    health,
    ledgers,
    histories,
    findings: new RunFindings({ blobs, catalog, log }),
    lifecycle,
    deletion,
    monitor,
    active,
    events,
    logs,
    downloads,
    warnings,
    stateDir,
    stopping,
    changed,
    log,
    now,
  });
  const cluster = clusterService({
    teachers: sessions,
    students,
    store,
    desk,
    health,
    garbage,
    demand,
    dataPlane: dataPlane.load,
    version,
    log,
  });
  return RpcServer.start({
    address,
    log,
    insecure,
    tls,
    services: [
      [SERVICES.teacher, teacher],
      [SERVICES.student, student],
      [SERVICES.run, run],
      [
        SERVICES.artifact,
        artifactService({ catalog, remoteModels, store, pointers, downloads, log, now }),
      ],
      [SERVICES.answer, answerService({ keeper, verifications, stopping, log })],
      [SERVICES.ensemble, ensembleService({ evaluations, stopping, log })],
      [SERVICES.target, targetService({ targets: streams, stopping, log })],
      [SERVICES.cluster, cluster],
    ],
  });
}
