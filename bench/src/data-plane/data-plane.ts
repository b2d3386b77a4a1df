/**
 * `data-plane`: how much processor time of the coordinator a teacher's value takes, stage by stage, and how much a
 * second data thread helps. Each is measured in a program of its own, without a cluster, for three teachers and one
 * target at temperature 4.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type BenchOptions,
  type BenchResult,
  type Figure,
  figureOf,
  median,
  progress,
  spread,
} from '../measuring/index.js';
import { carriedSamples, gainOfSecondThread } from './carried.js';
import { TEACHER_COUNT } from './frames.js';
import type { Measurements } from './measure.js';
import type { Replayed } from './replay.js';

const PROGRAM = new URL('./measure.js', import.meta.url);

const CLASS_COUNTS = [10, 100, 1000, 21_841];

/** Numbers of cores for which a coordinator's load is computed. */
const CORES = [2, 8, 16, 64];

/** Number of classes with which the second data thread is measured. */
const REPLAYED_CLASSES = 1000;

export async function dataPlane({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const figures: Figure[] = [];
  for (const classCount of CLASS_COUNTS) {
    const taken: Awaited<ReturnType<Measurements['stages']>>[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      taken.push(await measured(signal, 'stages', classCount));
      progress(`${classCount} classes: ${JSON.stringify(taken.at(-1))}`);
    }
    for (const stage of Object.keys(taken[0] ?? {})) {
      const own = taken.map((stages) => stages[stage as keyof typeof stages]);
      figures.push(figureOf(`${classCount} classes, ${stage}`, 'ns a value', own));
    }
    for (const cores of CORES) {
      const own = taken.map((stages) => carriedSamples(stages, classCount, cores));
      figures.push(figureOf(`${classCount} classes, ${cores} cores`, 'samples/s, on paper', own));
    }
  }
  const replays = await replayed(repetitions, signal);
  const ratios = ratesOf(replays, 2).map((rate, i) => rate / (ratesOf(replays, 1)[i] as number));
  figures.push(...[1, 2].flatMap((threads) => replayFigures(replays, threads)));
  const gains = (replays.get(1) ?? []).map(gainOfSecondThread);
  figures.push(
    figureOf('two data threads ÷ one, here', 'values/s', ratios),
    figureOf('two data threads ÷ one, a core for each thread', 'values/s, on paper', gains),
  );
  return {
    name: 'data-plane',
    value: median(ratios),
    unit: `values/s of a replay with two data threads ÷ with one, ${REPLAYED_CLASSES} classes`,
    spread: spread(ratios),
    figures,
    details: { teachers: TEACHER_COUNT, term: 'kd at temperature 4, arithmetic' },
  };
}

/** Replays by number of data threads, one for each repetition. */
type Replays = ReadonlyMap<number, readonly Replayed[]>;

async function replayed(repetitions: number, signal: AbortSignal): Promise<Replays> {
  const byThreads = new Map<number, Replayed[]>([
    [1, []],
    [2, []],
  ]);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const threads of repetition % 2 === 0 ? [1, 2] : [2, 1]) {
      const own = await measured(signal, 'replay', REPLAYED_CLASSES, threads);
      byThreads.get(threads)?.push(own);
      progress(`${threads} threads: ${JSON.stringify(own)}`);
    }
  }
  return byThreads;
}

/** Rates in million values a second. */
function ratesOf(replays: Replays, threads: number): number[] {
  return (replays.get(threads) ?? []).map(({ valuesPerSecond }) => valuesPerSecond / 1e6);
}

function replayFigures(replays: Replays, threads: number): Figure[] {
  const name = `${threads} ${threads === 1 ? 'data thread' : 'data threads'}`;
  const own = (value: (replay: Replayed) => number) => (replays.get(threads) ?? []).map(value);
  return [
    figureOf(name, 'million values/s', ratesOf(replays, threads)),
    figureOf(
      `${name}, event loop`,
      'ns of processor a value',
      own((r) => r.loopNsPerValue),
    ),
    figureOf(
      `${name}, their work`,
      'ns a value',
      own((r) => r.threadsNsPerValue),
    ),
    figureOf(
      `${name}, whole process`,
      'ns of processor a value',
      own((r) => r.cpuNsPerValue),
    ),
  ];
}

/** The program's figures. @throws {Error} if the program ends without figures. */
async function measured<Kind extends keyof Measurements>(
  signal: AbortSignal,
  kind: Kind,
  ...numbers: Parameters<Measurements[Kind]>
): Promise<Awaited<ReturnType<Measurements[Kind]>>> {
  const child = fork(PROGRAM, [kind, ...numbers.map(String)], { signal });
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof answer !== 'object' || answer === null)
    throw new Error(`${kind} ended with ${answer}`);
  return answer;
}
