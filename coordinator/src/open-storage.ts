/** Opens the stored state: in NATS, once this coordinator leads, and on its disk. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readiness } from '@lyceum/platform/metrics';
import { awaitNats, type Nats, untilNatsAnswers, type Waiting } from '@lyceum/platform/nats';
import {
  LEADER_BUCKET,
  LyceumError,
  NAME_BUCKET,
  POINTER_BUCKET,
  QUARANTINE_BUCKET,
  RUN_BUCKET,
} from '@lyceum/proto';
import { AnswerStore } from './answers/index.js';
import { ArtifactCatalog } from './artifacts/index.js';
import { QuarantineStore } from './health/index.js';
import { RunHistories } from './history/index.js';
import {
  assertWhole,
  MIRRORED_BUCKETS,
  MirrorFolder,
  restoreStore,
  StateMirror,
  storeOfLeader,
} from './mirror/index.js';
import { ContributorLedgers, Leadership, RunStore, stateFolderId } from './runs/index.js';
import type { ServeOptions } from './serve-options.js';
import type { StopSteps } from './stop-steps.js';

export type Storage = Awaited<ReturnType<typeof openStorage>>;

/** @throws {LyceumError} as `serve`. */
export async function openStorage(options: ServeOptions, readiness: Readiness, stops: StopSteps) {
  const { stateDir, datasetsRoot, insecure, tls, log } = options;
  const { natsUrl: url, natsCredentials: credentials } = options;
  const waiting = {
    signal: options.signal ?? new AbortController().signal,
    tell: (reason: string) => readiness.waitsFor(reason),
    random: Math.random,
    log,
  };
  const role = 'coordinator';
  const nats = await awaitNats({ url, name: role, role, credentials, tls, log }, waiting);
  stops.add(() => nats.close());
  if (insecure && credentials === undefined && tls === undefined) {
    log.warn('NATS has no access control: anyone who can reach it may read and write everything');
  }
  const folder = await MirrorFolder.open(join(stateDir, 'mirror'), MIRRORED_BUCKETS);
  const answers = await AnswerStore.open(join(stateDir, 'answers'), log);
  stops.add(() => answers.close());
  const ledgers = await ContributorLedgers.open(join(stateDir, 'contributors'));
  const histories = await RunHistories.open(join(stateDir, 'history'));
  const holder = await stateFolderId(stateDir);
  const bucket = (name: string) => nats.keyValue(name, { create: true });
  const place = `${hostname()}:${resolve(stateDir)}`;
  const leadership = await lead({ nats, folder, holder, place }, readiness, waiting);
  stops.add(() => leadership.release());
  const { leaderEpoch } = leadership;
  const natsStore = await storeOfLeader(nats, folder, leaderEpoch).catch((err: unknown) => {
    // The copy may not hold this leader's epoch yet: then only the lease shows that this coordinator led last.
    leadership.keep();
    throw err;
  });
  const buckets = {
    runs: await bucket(RUN_BUCKET),
    pointers: await bucket(POINTER_BUCKET),
    names: await bucket(NAME_BUCKET),
  };
  const mirror = new StateMirror({
    folder,
    buckets,
    blobs: await nats.blobs({ create: true }),
    log,
  });
  const { pointers, blobs } = mirror;
  const catalog = await ArtifactCatalog.open(mirror.names, blobs, { stateDir, datasetsRoot, log });
  // Marks the queue as this leader's: a leader takes a queue with another leader's mark for a new one.
  const queue = await nats.tickets();
  await queue.ensureStream();
  const eventLog = await nats.events();
  await eventLog.ensureStream();
  const store = await RunStore.open(mirror.runs, leadership, log);
  await mirror.start({ ...natsStore, leaderEpoch }, () => store.list());
  stops.add(() => mirror.stop());
  const quarantines = new QuarantineStore(await bucket(QUARANTINE_BUCKET), log);
  stops.add(() => quarantines.settled());
  return {
    nats,
    mirrorFolder: folder,
    queue,
    eventLog,
    answers,
    ledgers,
    histories,
    catalog,
    leadership,
    store,
    pointers,
    /** For commits of student workers: the mirror finds these itself, so that they need not wait for its disk. */
    unmirroredPointers: buckets.pointers,
    blobs,
    quarantines,
  };
}

/**
 * Waits until the store in NATS is whole and the lease is free, and takes the lease. Tries again while NATS or its
 * JetStream does not answer.
 *
 * @throws {LyceumError} as `serve`; UNAVAILABLE if the connection is lost for good.
 */
async function lead(
  {
    nats,
    folder,
    holder,
    place,
  }: { nats: Nats; folder: MirrorFolder; holder: string; place: string },
  readiness: Readiness,
  waiting: Waiting,
): Promise<Leadership> {
  const { log } = waiting;
  const closed = new AbortController();
  void nats.closed.then(() => closed.abort());
  const signal = AbortSignal.any([waiting.signal, closed.signal]);
  const nowMs = () => performance.now();
  try {
    return await untilNatsAnswers({ ...waiting, signal }, async () => {
      await restoreStore({ nats, folder, holder, log });
      readiness.waitsFor('waiting until it leads');
      const kv = await nats.keyValue(LEADER_BUCKET, { create: true });
      const assertMayLead = () => assertWhole(kv);
      return Leadership.acquire({ kv, holder, place, assertMayLead, log, nowMs }, signal);
    });
  } catch (err) {
    if (!closed.signal.aborted || waiting.signal.aborted) throw err;
    throw new LyceumError('UNAVAILABLE', 'the NATS connection was closed', { cause: err });
  }
}
