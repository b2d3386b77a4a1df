/**
 * Does a run lose nothing, repeat nothing and learn nothing wrong, whatever process dies?
 *
 * The same run three times: in one process (the oracle), on a cluster of real processes that is left alone, and
 * on another one whose processes are killed, stopped and cut off from each other while it trains. All three must
 * end with the same weights, bit for bit, and the disturbed run's ledger must have every step once, on the oracle's
 * targets.
 */
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { createLogger } from '@lyceum/platform';
import { connectNats } from '@lyceum/platform/nats';
import {
  ArtifactKind,
  type GetHistoryResponse,
  LyceumError,
  type RunEvent,
  RunState,
} from '@lyceum/proto';
import type { LedgerSegment } from '@lyceum/student-worker/compute';
import { type ChaosRun, COMPUTE_THREADS, chaosRun } from './chaos-run.js';
import { type Disturbance, disturbancePlan, FAULTS } from './disturbance-plan.js';
import { type Blow, Disturber } from './disturber.js';
import {
  countSteps,
  eventsRepeated,
  historyDifferences,
  readEvents,
  readLedger,
  replayedSteps,
  type StepCounts,
} from './ledger.js';
import { Links } from './links.js';
import { oracle } from './oracle.js';
import { confirmAnswering } from './processes.js';

const TEACHER_WORKERS = 3;
/** Student workers: one trains, the other takes over. */
const STUDENT_WORKERS = 2;

export interface ChaosOptions {
  readonly seed: number;
  readonly blows: number;
  readonly stepCount: number;
  /** How long processes are stopped, or out of reach, ms; one of these each time. */
  readonly stopMs: readonly number[];
  readonly cacheFolder: string;
  /** Where the clusters keep state and logs; absent: temporary folders. */
  readonly stateDir?: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ChaosResult extends StepCounts {
  /** Whether the weights of oracle, undisturbed and disturbed run are identical. */
  readonly identicalWeights: boolean;
  readonly replayedSteps: number;
  /** Events that users are shown of a step, after they were shown a later one or the same. */
  readonly eventsRepeated: number;
  /**
   * Figures in which the disturbed run's history differs from the undisturbed one's, except those that chance decides.
   */
  readonly historyDifferences: number;
  /** Blows by fault and kind of process. */
  readonly blows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Blows to teacher workers with a ticket in hand. */
  readonly ticketsInHand: number;
  /** Seconds of the disturbed run ÷ seconds of the other. */
  readonly slowdown: number;
  readonly seed: number;
}

interface Outcome {
  readonly finalWeightsDigest: string;
  readonly seconds: number;
  readonly ledger: readonly LedgerSegment[];
  /** All events, those that were undone included. */
  readonly events: readonly RunEvent[];
  /** Events as users see them. */
  readonly listed: readonly RunEvent[];
  readonly history: GetHistoryResponse;
  readonly blows: readonly Blow[];
}

/** @throws {LyceumError} INTERNAL if a run does not succeed, or a process dies unasked or hangs. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, blows, stepCount, stopMs, log } = options;
  prepareEngine(process.env, COMPUTE_THREADS);
  const engine = await openEngine();
  const run = await chaosRun(engine, options);
  const expected = await oracle(engine, run);
  log(`oracle: weights ${expected.finalWeightsDigest.slice(0, 12)}`);
  const undisturbed = await runOnCluster(run, [], 'undisturbed', options);
  const plan = disturbancePlan({ seed, faults: FAULTS, count: blows, stepCount, stopMs });
  const disturbed = await runOnCluster(run, plan, 'disturbed', options);
  const digests = [expected, undisturbed, disturbed].map((o) => o.finalWeightsDigest);
  return {
    identicalWeights: new Set(digests).size === 1,
    ...countSteps(disturbed.ledger, stepCount, (segment) => expected.targetsDigest(segment)),
    replayedSteps: replayedSteps(disturbed.events),
    eventsRepeated: eventsRepeated(disturbed.listed),
    historyDifferences: historyDifferences(undisturbed.history, disturbed.history),
    blows: countBlows(disturbed.blows),
    ticketsInHand: disturbed.blows.filter((blow) => blow.ticketsInHand > 0).length,
    slowdown: Number((disturbed.seconds / undisturbed.seconds).toFixed(2)),
    seed,
  };
}

/** One run on a cluster of its own that starts empty. */
async function runOnCluster(
  run: ChaosRun,
  plan: readonly Disturbance[],
  name: string,
  { stateDir, log, signal }: ChaosOptions,
): Promise<Outcome> {
  const links = new Links();
  const cluster = await LocalCluster.start({
    route: (from, to, address) => links.between(from, to, address),
    environment: process.env,
    teacherWorkers: TEACHER_WORKERS,
    studentWorkers: STUDENT_WORKERS,
    computeThreads: COMPUTE_THREADS,
    signal,
    ...(stateDir !== undefined && { stateDir: `${stateDir}/${name}` }),
  });
  const client = new CoordinatorClient(cluster.address);
  const over = new AbortController();
  try {
    await push(client, run, signal);
    const { runId } = (await client.submitRun(JSON.stringify(run.specification))).run;
    const disturber = new Disturber({
      cluster,
      links,
      client,
      runId,
      plan,
      log,
      signal: AbortSignal.any([signal, over.signal]),
    });
    const disturbing = disturber.run();
    const ended = await Promise.race([
      finished(client, runId, signal),
      cluster.failed,
      disturbing.then(() => new Promise<never>(() => {})),
    ]);
    over.abort();
    await disturbing;
    await confirmAnswering(cluster);
    const seconds = (ended.endedAtMs - ended.startedAtMs) / 1000;
    const { finalWeightsDigest } = ended;
    log(`${name}: weights ${finalWeightsDigest.slice(0, 12)} after ${seconds.toFixed(1)} s`);
    const listed: RunEvent[] = [];
    for await (const event of client.listEvents(runId, { signal })) listed.push(event);
    const history = await client.getHistory({ runId, firstStep: 0, endStep: 0, pointCount: 0 });
    const records = await readRecords(cluster, runId);
    return { finalWeightsDigest, seconds, ...records, listed, history, blows: disturber.blows };
  } finally {
    over.abort();
    client.close();
    await cluster.stop();
    links.close();
  }
}

async function readRecords(cluster: LocalCluster, runId: string) {
  const log = createLogger({ name: 'chaos', level: 'silent' });
  const nats = await connectNats({
    url: cluster.natsUrl,
    name: 'chaos',
    log,
    credentials: cluster.natsCredentials('coordinator'),
  });
  try {
    return { ledger: await readLedger(nats, runId), events: await readEvents(nats, runId) };
  } finally {
    await nats.close();
  }
}

async function push(client: CoordinatorClient, run: ChaosRun, signal: AbortSignal): Promise<void> {
  const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'digits', run.datasetFile, { signal });
  for (const [name, model] of run.teachers) {
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, model, { signal });
  }
}

async function finished(client: CoordinatorClient, runId: string, signal: AbortSignal) {
  const run = await client.waitForEnd(runId, { signal });
  if (run.state === RunState.RUN_STATE_SUCCEEDED) return run;
  throw new LyceumError('INTERNAL', `run ${runId} did not succeed: ${run.reason}`);
}

function countBlows(blows: readonly Blow[]): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { fault, kind } of blows) {
    const ofFault = counts[fault] ?? {};
    ofFault[kind] = (ofFault[kind] ?? 0) + 1;
    counts[fault] = ofFault;
  }
  return counts;
}
