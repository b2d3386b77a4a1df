/**
 * `data-plane`: where a teacher's value takes the coordinator's processor, stage by stage, and what a second data thread
 * brings. In this process alone, but for the peer of the network's stages; three teachers, one target at temperature 4.
 */
import {
  type BenchOptions,
  type BenchResult,
  type Figure,
  figureOf,
  median,
  progress,
  spread,
} from '../measuring/index.js';
import { carriedSamples } from './carried.js';
import { TEACHER_COUNT } from './frames.js';
import { replay } from './replay.js';
import { type Stages, stagesOf } from './stages.js';
import { transportOf } from './transport.js';

const CLASS_COUNTS = [10, 100, 1000, 21_841];

/** Of the machine that one coordinator is thought to have. */
const CORES = [2, 8, 16, 64];

/** That a second thread is measured with. */
const REPLAYED_CLASSES = 1000;

export async function dataPlane({ repetitions }: BenchOptions): Promise<BenchResult> {
  const figures: Figure[] = [];
  for (const classCount of CLASS_COUNTS) {
    const taken: Stages[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const { receiveNsPerValue, sendNsPerNumber } = await transportOf(classCount);
      const stages = await stagesOf(classCount);
      // A number is sent once for all the values that it is made of.
      taken.push({ receive: receiveNsPerValue, ...stages, send: sendNsPerNumber / TEACHER_COUNT });
      progress(`${classCount} classes: ${JSON.stringify(taken.at(-1))}`);
    }
    for (const stage of Object.keys(taken[0] ?? {})) {
      const own = taken.map((stages) => stages[stage] as number);
      figures.push(figureOf(`${classCount} classes, ${stage}`, 'ns a value', own));
    }
    for (const cores of CORES) {
      const own = taken.map((stages) => carriedSamples(stages, classCount, cores));
      figures.push(figureOf(`${classCount} classes, ${cores} cores`, 'samples/s, on paper', own));
    }
  }
  const ratios: number[] = [];
  const byThreads = new Map<number, number[]>([
    [1, []],
    [2, []],
  ]);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const rates: number[] = [];
    for (const threads of repetition % 2 === 0 ? [1, 2] : [2, 1]) {
      const { valuesPerSecond, cpuNsPerValue } = await replay(REPLAYED_CLASSES, threads);
      rates[threads] = valuesPerSecond;
      byThreads.get(threads)?.push(valuesPerSecond / 1e6);
      progress(
        `${threads} threads: ${(valuesPerSecond / 1e6).toFixed(1)} million values/s, ${cpuNsPerValue.toFixed(1)} ns of processor a value`,
      );
    }
    ratios.push((rates[2] ?? Number.NaN) / (rates[1] ?? Number.NaN));
  }
  for (const [threads, own] of byThreads) {
    const name = `${threads} ${threads === 1 ? 'data thread' : 'data threads'}`;
    figures.push(figureOf(name, 'million values/s', own));
  }
  return {
    name: 'data-plane',
    value: median(ratios),
    unit: `values/s of a replay with two data threads ÷ with one, ${REPLAYED_CLASSES} classes`,
    spread: spread(ratios),
    figures: [...figures, figureOf('two data threads ÷ one', 'values/s', ratios)],
    details: { teachers: TEACHER_COUNT, term: 'kd at temperature 4, arithmetic' },
  };
}
