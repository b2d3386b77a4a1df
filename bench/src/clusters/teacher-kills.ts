/**
 * `teacher-kills`: how much slower is a run if its teacher workers are killed again and again?
 *
 * Three teachers on four workers. Their answers are looked up, so slowly that the teachers limit the run, not the
 * student. One run of each pair is undisturbed; in the other one a worker is killed by SIGKILL every five seconds, in
 * turn, and started again at once. Every run has views of its own, so that nothing comes from the answer store.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import type { LocalCluster } from '@lyceum/cli/local-cluster';
import { importPackaged } from '@lyceum/learning/import';
import { sleep } from '@lyceum/platform';
import {
  type BenchResult,
  cacheFolder,
  distillation,
  figureOf,
  finished,
  median,
  progress,
  pushDataset,
  pushTeachers,
  spread,
  trainTeachers,
  warmUpTeachers,
  withCluster,
} from '../measuring/index.js';

const WORKERS = 4;
const KILL_EVERY_MS = 5_000;

/** Milliseconds of one inference of one batch: several of the student's own steps, so that teachers limit the run. */
const INFERENCE_MS = 20;

/** Steps of a run: 40 s at {@link INFERENCE_MS}, with eight kills. */
const STEPS = 2_700;

export async function teacherKills(options: {
  readonly repetitions: number;
  readonly signal: AbortSignal;
}): Promise<BenchResult> {
  const { repetitions, signal } = options;
  const dataset = importPackaged('digits', cacheFolder());
  const models = await withCluster(
    { teacherWorkers: 0, studentWorkers: 1, signal },
    async (_, client) => {
      await pushDataset(client, dataset, signal);
      return trainTeachers(client, signal);
    },
  );
  const shape = {
    teacherWorkers: WORKERS,
    studentWorkers: 1,
    lookupDelayMs: INFERENCE_MS,
    signal,
  };
  return withCluster(shape, async (cluster, client) => {
    await pushDataset(client, dataset, signal);
    await pushTeachers(client, models, signal);
    await warmUpTeachers(client, 'mlp', signal);
    const rates = { undisturbed: [] as number[], killed: [] as number[] };
    const kills: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const order = ['undisturbed', 'killed'] as const;
      for (const kind of repetition % 2 === 0 ? order : order.toReversed()) {
        const name = `${kind}-${repetition + 1}`;
        const settings = { name, model: 'mlp', steps: STEPS, viewSeed: repetition * 2 } as const;
        const viewSeed = settings.viewSeed + (kind === 'killed' ? 1 : 2);
        const specification = distillation({ ...settings, viewSeed });
        await client.submitRun(specification);
        // `finished` submits the run once more, which changes nothing.
        const ended = finished(client, specification, signal);
        if (kind === 'killed') kills.push(await killUntil(ended, cluster, client, name));
        await ended;
        const { samplesPerSecond } = await client.getReport(name);
        rates[kind].push(samplesPerSecond);
        progress(`${name}: ${Math.round(samplesPerSecond)} samples/s`);
        await untilComplete(client, signal);
      }
    }
    const losses = rates.killed.map((rate, i) => 1 - rate / (rates.undisturbed[i] ?? rate));
    return {
      name: 'teacher-kills',
      value: median(losses),
      unit: `share of samples/s lost with one of ${WORKERS} teacher workers killed every ${KILL_EVERY_MS / 1000} s`,
      spread: spread(losses),
      figures: [
        figureOf('lost', 'share of samples/s', losses),
        figureOf('undisturbed', 'samples/s', rates.undisturbed),
        figureOf('with kills', 'samples/s', rates.killed),
      ],
      details: {
        teachers: `lookup: precomputed logits, one inference at a time, ${INFERENCE_MS} ms each`,
        steps: STEPS,
        samplesPerSecond: rates,
        kills,
      },
    };
  });
}

/** Kills a worker every few seconds until the run ends. @returns the number of kills. */
async function killUntil(
  run: Promise<unknown>,
  cluster: LocalCluster,
  client: CoordinatorClient,
  runId: string,
): Promise<number> {
  const over = new AbortController();
  run.then(
    () => over.abort(),
    () => over.abort(),
  );
  // No kills while the run starts.
  while (!over.signal.aborted && ((await client.getRun(runId)).progress?.step ?? 0) === 0) {
    await sleep(100, over.signal);
  }
  const restarts: Promise<unknown>[] = [];
  let count = 0;
  for (;;) {
    await sleep(KILL_EVERY_MS, over.signal);
    if (over.signal.aborted) break;
    const workers = cluster.processes.filter(({ kind }) => kind === 'teacher');
    const [victim] = workers;
    if (victim === undefined) continue;
    await cluster.kill(victim.workerId, 'SIGKILL');
    restarts.push(cluster.startTeacherWorker());
    count++;
  }
  await Promise.all(restarts);
  return count;
}

/** Waits until all workers are connected again. */
async function untilComplete(client: CoordinatorClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const workers = (await client.listWorkers()).filter(({ kind }) => kind === 'teacher');
    if (workers.length === WORKERS) return;
    await sleep(200, signal);
  }
}
