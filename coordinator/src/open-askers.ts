/** Opens the parts that ask teachers: runs, comparisons of ensembles, checks of stored answers, readers of targets. */
import type { LoadedTeacher } from '@lyceum/proto';
import { AnswerVerifications, EnsembleEvaluations } from './evaluation/index.js';
import { AnswerKeeper } from './lifecycle/index.js';
import type { CoordinatorMetrics } from './monitoring/index.js';
import type { DataPlane } from './open-data-plane.js';
import type { Runs } from './open-runs.js';
import type { Storage } from './open-storage.js';
import type { Teachers } from './open-teachers.js';
import { ActiveRuns, TeacherDemand } from './reconciliation/index.js';
import type { ServeOptions } from './serve-options.js';
import type { TeacherSession } from './sessions/index.js';
import { TargetStreams } from './target-streams/index.js';

export type Askers = ReturnType<typeof openAskers>;

interface AskersRooms {
  readonly storage: Storage;
  readonly runs: Runs;
  readonly teachers: Teachers;
  readonly dataPlane: DataPlane;
  readonly metrics: CoordinatorMetrics;
  /** Requests a pass of the reconciler. */
  readonly changed: () => void;
}

export function openAskers(
  { storage, runs, teachers, dataPlane, metrics, changed }: AskersRooms,
  options: ServeOptions,
) {
  const { store, pointers, blobs, catalog, answers, ledgers } = storage;
  const { lifecycle, monitor, events } = runs;
  const { sessions, desk, health } = teachers;
  const { log, version } = options;
  const now = Date.now;
  const active = new ActiveRuns({
    data: dataPlane.threads,
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
    measurementOf: (identity) => measurementOf(sessions.list(), identity),
    canaries: health.canaries,
    changed,
    onTargetsSent: (stepCount) => metrics.targets.inc(stepCount),
  });
  const { canaries } = health;
  const evaluations = new EnsembleEvaluations({ store, catalog, answers, desk, canaries, changed });
  const verifications = new AnswerVerifications({ store, catalog, answers, desk, changed, now });
  const streams = new TargetStreams({
    store,
    catalog,
    answers,
    ledgers,
    desk,
    data: dataPlane.threads,
    workerCount: () => sessions.list().length,
    changed,
  });
  return {
    active,
    evaluations,
    verifications,
    streams,
    /** All users of teachers except the runs. */
    users: () => [...evaluations.users(), ...verifications.users(), ...streams.users()],
    demand: new TeacherDemand({
      store,
      active,
      monitor,
      desk,
      teachers: sessions,
      load: dataPlane.load,
      now,
    }),
    keeper: new AnswerKeeper({
      answers,
      store,
      readers: () => streams.readers(),
      maxBytes: options.answersMaxBytes,
      log,
    }),
  };
}

/** A teacher's measurement by the first worker, in order of ids, that has it: the same worker each time. */
function measurementOf(
  sessions: readonly TeacherSession[],
  identity: string,
): LoadedTeacher | undefined {
  for (const session of sessions) {
    // A worker cannot have measured a teacher that it was not told to load.
    const loaded = session.wanted.has(identity) ? session.loaded().get(identity) : undefined;
    if (loaded !== undefined) return loaded;
  }
  return undefined;
}
