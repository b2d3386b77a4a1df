/**
 * `memory`: does a process' memory grow during a run?
 *
 * One long run from three teachers whose answers are looked up, with a new view in every epoch, in a cluster of real
 * processes. The resident memory of each process is read once a second. The figure compares the last quarter of a run
 * with the second quarter, in which caches and windows are full already. Each repetition has a cluster of its own.
 */
import { importPackaged } from '@lyceum/learning/import';
import { sleep } from '@lyceum/platform';
import { ArtifactKind } from '@lyceum/proto';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  distillation,
  figureOf,
  finished,
  makeTeachers,
  median,
  progress,
  residentMib,
  spread,
  withCluster,
} from '../measuring/index.js';

/** Steps of the run: some minutes of the small student. */
const STEPS = 60_000;
const LOOKUP_DELAY_MS = 1;
const INTERVAL_MS = 1_000;
const QUANTITIES = ['MiB, second quarter', 'MiB, last quarter', 'MiB at most'];

export async function memory(options: BenchOptions): Promise<BenchResult> {
  const dataset = importPackaged('digits', cacheFolder());
  const growths: number[] = [];
  const byProcess = new Map<string, number[][]>();
  const details: Record<string, unknown> = { steps: STEPS };
  for (let repetition = 1; repetition <= options.repetitions; repetition++) {
    const readings = await readingsOfRun(dataset, options.signal);
    for (const [id, mib] of readings) {
      const { early, late } = quarters(mib);
      details[`${id}-${repetition}`] = { earlyMib: early, lateMib: late, maxMib: Math.max(...mib) };
      progress(`${id}: ${early.toFixed(0)} MiB, later ${late.toFixed(0)} MiB`);
      if (id === 'coordinator') growths.push(late / early);
      byProcess.set(id, [...(byProcess.get(id) ?? []), [early, late, Math.max(...mib)]]);
    }
  }
  return {
    name: 'memory',
    value: median(growths),
    unit: 'resident memory of the coordinator in the last quarter of a run ÷ in the second',
    spread: spread(growths),
    figures: [...byProcess].flatMap(([id, readings]) =>
      QUANTITIES.map((unit, i) =>
        figureOf(
          id,
          unit,
          readings.map((of) => of[i] as number),
        ),
      ),
    ),
    details,
  };
}

function quarters(mib: readonly number[]): { early: number; late: number } {
  const quarter = Math.floor(mib.length / 4);
  return { early: median(mib.slice(quarter, 2 * quarter)), late: median(mib.slice(3 * quarter)) };
}

/** @returns mebibytes by process, one reading for each second of the run. */
async function readingsOfRun(dataset: Buffer, signal: AbortSignal): Promise<Map<string, number[]>> {
  const shape = { teacherWorkers: 2, studentWorkers: 1, lookupDelayMs: LOOKUP_DELAY_MS, signal };
  return withCluster(shape, async (cluster, client) => {
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
    await makeTeachers(client, signal);
    const run = finished(
      client,
      distillation({ name: 'long', model: 'mlp', steps: STEPS, viewSeed: 1 }),
      signal,
    );
    let over = false;
    const ended = run.finally(() => {
      over = true;
    });
    const readings = new Map<string, number[]>();
    while (!over) {
      for (const { workerId, pid } of cluster.processes) {
        readings.set(workerId, [...(readings.get(workerId) ?? []), await residentMib(pid)]);
      }
      await Promise.race([ended, sleep(INTERVAL_MS, signal)]);
    }
    await ended;
    return readings;
  });
}
