/**
 * Does a run lose no step, repeat no step and train on no wrong target, whichever process dies?
 *
 * The same run is done three times: in one process (the oracle), on an undisturbed cluster of real processes, and on a
 * cluster whose processes are killed, stopped and cut off from each other during the run. All three must end with the
 * same weights, bit for bit. The disturbed run's ledger must have every step once, on the oracle's targets.
 */
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { createLogger, sleep } from '@lyceum/platform';
import { connectNats } from '@lyceum/platform/nats';
import {
  ArtifactKind,
  type GetHistoryResponse,
  LyceumError,
  type Run,
  type RunEvent,
  RunState,
} from '@lyceum/proto';
import type { LedgerSegment } from '@lyceum/student-worker/compute';
import { type ChaosRun, COMPUTE_THREADS, chaosRun } from './chaos-run.js';
import { type Disturbance, disturbancePlan, FAULTS, PROCESS_KINDS } from './disturbance-plan.js';
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
import type { Scenario, Servers } from './scenarios/index.js';

const TEACHER_WORKERS = 3;
/** Student workers: one trains, the other takes over. */
const STUDENT_WORKERS = 2;
/** Pause before the harness looks again at a run that its users have cancelled. */
const CANCELLED_MS = 200;

export interface ChaosOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly blows: number;
  readonly stepCount: number;
  /** How long a process may be stopped or out of reach, in ms; each disturbance takes one of these values. */
  readonly stopMs: readonly number[];
  readonly cacheFolder: string;
  /** Where the clusters keep state and logs; absent: temporary folders. */
  readonly stateDir?: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface ChaosResult extends StepCounts {
  /** Whether the disturbed run's weights are those that the scenario expects. */
  readonly identicalWeights: boolean;
  readonly replayedSteps: number;
  /** Events that users see of a step after they saw an event of the same or a later step. */
  readonly eventsRepeated: number;
  /**
   * Figures in which the disturbed run's history differs from the undisturbed run's, without figures due to chance.
   */
  readonly historyDifferences: number;
  /** Blows by fault and kind of process. */
  readonly blows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Blows to teacher workers with a ticket in hand. */
  readonly ticketsInHand: number;
  /** Seconds of the disturbed run ÷ seconds of the undisturbed run. */
  readonly slowdown: number;
  readonly scenario: string;
  readonly seed: number;
}

interface Outcome {
  readonly finalWeightsDigest: string;
  readonly seconds: number;
  readonly ledger: readonly LedgerSegment[];
  /** All events, including those that were undone. */
  readonly events: readonly RunEvent[];
  /** Events as users see them. */
  readonly listed: readonly RunEvent[];
  readonly history: GetHistoryResponse;
  readonly blows: readonly Blow[];
  /** Digests of the weights of further runs, which must be the same. */
  readonly others: readonly string[];
}

/** @throws {LyceumError} INTERNAL if a run does not succeed, or a process hangs or dies without a blow. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { scenario, seed, blows, stepCount, stopMs, log } = options;
  prepareEngine(process.env, COMPUTE_THREADS);
  const engine = await openEngine();
  const run = await chaosRun(engine, { ...options, spec: scenario.spec });
  const expected = scenario.expected === 'oracle' ? await oracle(engine, run) : undefined;
  if (expected) log(`oracle: weights ${expected.finalWeightsDigest.slice(0, 12)}`);
  const undisturbed = await runOnCluster(run, [], 'undisturbed', options);
  const { firstBlowAt = 0.1, openServers } = scenario;
  const kinds = [...PROCESS_KINDS, ...(openServers ? (['server'] as const) : [])];
  const faults = { faults: FAULTS, kinds, stopMs };
  const plan = disturbancePlan({ ...faults, seed, count: blows, stepCount, firstBlowAt });
  const disturbed = await runOnCluster(run, plan, 'disturbed', options);
  const alike = scenario.expected === 'replay' ? [disturbed] : [undisturbed, disturbed];
  const digests = [...alike.flatMap((o) => [o.finalWeightsDigest, ...o.others])];
  if (expected) digests.push(expected.finalWeightsDigest);
  return {
    identicalWeights: new Set(digests).size === 1,
    ...countSteps(disturbed.ledger, stepCount, (segment) =>
      expected ? expected.targetsDigest(segment) : segment.targetsDigest,
    ),
    replayedSteps: replayedSteps(disturbed.events),
    eventsRepeated: eventsRepeated(disturbed.listed),
    historyDifferences:
      scenario.expected === 'replay'
        ? 0
        : historyDifferences(undisturbed.history, disturbed.history),
    blows: countBlows(disturbed.blows),
    ticketsInHand: disturbed.blows.filter((blow) => blow.ticketsInHand > 0).length,
    slowdown: Number((disturbed.seconds / undisturbed.seconds).toFixed(2)),
    scenario: scenario.name,
    seed,
  };
}

/** Does one run on a new, empty cluster. */
async function runOnCluster(
  run: ChaosRun,
  plan: readonly Disturbance[],
  name: string,
  { scenario, stateDir, log, signal }: ChaosOptions,
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
  let servers: Servers | undefined;
  try {
    await push(client, run, signal);
    const route = (address: string) => links.between('teachers', 'server', address);
    servers = await scenario.openServers?.(client, route);
    const { document, stepCount } = run;
    const { runId } = (await client.submitRun(document)).run;
    const untilOver = AbortSignal.any([signal, over.signal]);
    const isDisturbed = plan.length > 0;
    const disturber = new Disturber({
      cluster,
      links,
      client,
      runId,
      plan,
      log,
      signal: untilOver,
    });
    const disturbing = disturber.run();
    const scene = { client, runId, document, stepCount, servers, signal: untilOver, log };
    const interfering = isDisturbed ? scenario.meanwhile?.(scene) : undefined;
    const ended = await Promise.race([
      finished(client, runId, signal, isDisturbed && scenario.meanwhile !== undefined),
      cluster.failed,
      onlyErrorsOf(disturbing),
      onlyErrorsOf(interfering),
    ]);
    over.abort();
    await disturbing;
    await interfering;
    await confirmAnswering(cluster);
    const seconds = (ended.endedAtMs - ended.startedAtMs) / 1000;
    const { finalWeightsDigest } = ended;
    log(`${name}: weights ${finalWeightsDigest.slice(0, 12)} after ${seconds.toFixed(1)} s`);
    const listed: RunEvent[] = [];
    for await (const event of client.listEvents(runId, { signal })) listed.push(event);
    const history = await client.getHistory({ runId, firstStep: 0, endStep: 0, pointCount: 0 });
    const records = await readRecords(cluster, runId);
    const others = await weightsOfOthers(client, scenario, runId, signal);
    const { blows } = disturber;
    return { finalWeightsDigest, seconds, ...records, listed, history, blows, others };
  } finally {
    over.abort();
    client.close();
    await cluster.stop();
    links.close();
    servers?.close();
  }
}

function onlyErrorsOf(work: Promise<unknown> | undefined): Promise<never> {
  const never = new Promise<never>(() => {});
  return (work ?? never).then(() => never);
}

/** Digests of the weights of the run's replay, if the scenario expects one, and of all runs that users submitted. */
async function weightsOfOthers(
  client: CoordinatorClient,
  { expected }: Scenario,
  runId: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (expected === 'replay') await client.replayRun(runId);
  const weights: string[] = [];
  for (const other of await client.listRuns()) {
    if (other.runId === runId) continue;
    const { state, reason, finalWeightsDigest } = await client.waitForEnd(other.runId, { signal });
    if (state === RunState.RUN_STATE_FAILED) {
      throw new LyceumError('INTERNAL', `run ${other.runId} failed: ${reason}`);
    }
    if (state === RunState.RUN_STATE_SUCCEEDED) weights.push(finalWeightsDigest);
  }
  return weights;
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

/** @param mayBeCancelled - users may cancel the run, and let it go on again. */
async function finished(
  client: CoordinatorClient,
  runId: string,
  signal: AbortSignal,
  mayBeCancelled: boolean,
): Promise<Run> {
  for (;;) {
    const run = await client.waitForEnd(runId, { signal });
    if (run.state === RunState.RUN_STATE_SUCCEEDED) return run;
    if (!mayBeCancelled || run.state !== RunState.RUN_STATE_CANCELLED) {
      throw new LyceumError('INTERNAL', `run ${runId} did not succeed: ${run.reason}`);
    }
    await sleep(CANCELLED_MS, signal);
  }
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
