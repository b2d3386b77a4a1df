/**
 * `step`: how much faster is a training step as one graph than operation by operation?
 *
 * The product's own step of three students: forward, distillation and cross entropy, gradients, Adam, and handing the
 * batch to the library. Both ways are timed in turn on the same prepared batches, in this process, and must end in the
 * same bits.
 */
import { loadavg } from 'node:os';
import { type Engine, openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { Batch } from '@lyceum/student-worker/compute';
import { type BenchResult, figureOf, median, spread } from '../measuring/index.js';
import { BATCH_SIZE, openStudent, preparedBatch, takeSteps } from './student-steps.js';

const BATCHES = 8;
const UNIT = 'samples/s, traced ÷ eager';

interface MeasuredStudent {
  readonly model: object;
  /** Steps of one repetition: they take some seconds, operation by operation. */
  readonly steps: number;
}

const STUDENTS: Readonly<Record<string, MeasuredStudent>> = {
  mlp: { model: { architecture: 'mlp', hiddenUnits: [30, 30] }, steps: 200 },
  cnn8: { model: { architecture: 'conv', filters: [8, 16], denseUnits: [] }, steps: 64 },
  conv: { model: { architecture: 'conv', filters: [16, 32], denseUnits: [64] }, steps: 40 },
};

interface StudentResult {
  readonly eager: readonly number[];
  readonly traced: readonly number[];
}

export async function step(options: {
  readonly repetitions: number;
  readonly signal: AbortSignal;
}): Promise<BenchResult> {
  prepareEngine(process.env, 2);
  const engine = await openEngine({ only: 'native' });
  const details: Record<string, unknown> = {
    engine: engine.version,
    device: engine.device,
    batchSize: BATCH_SIZE,
    loadBefore: loadavg()[0],
  };
  const ratios = new Map<string, number[]>();
  for (const [name, student] of Object.entries(STUDENTS)) {
    const { eager, traced } = await measure(engine, student, options);
    const own = traced.map((rate, index) => rate / (eager[index] as number));
    ratios.set(name, own);
    details[name] = {
      ratio: median(own),
      spread: spread(own),
      eagerSamplesPerSecond: eager.map(Math.round),
      tracedSamplesPerSecond: traced.map(Math.round),
      bitsEqual: true,
    };
    process.stderr.write(`step: ${name} ${median(own).toFixed(2)} times as fast\n`);
  }
  const worst = [...ratios.values()].sort((a, b) => median(a) - median(b))[0] ?? [];
  return {
    name: 'step',
    value: median(worst),
    unit: 'samples/s of traced steps ÷ of eager ones, the worst student',
    spread: spread(worst),
    figures: [...ratios].map(([name, own]) => figureOf(name, UNIT, own)),
    details: { ...details, loadAfter: loadavg()[0] },
  };
}

/** @throws {LyceumError} INTERNAL if a step cannot be traced, or the bits differ in the end. */
async function measure(
  engine: Engine,
  { model, steps }: MeasuredStudent,
  { repetitions, signal }: { readonly repetitions: number; readonly signal: AbortSignal },
): Promise<StudentResult> {
  const eager = await openStudent(engine, model);
  const traced = await openStudent(engine, model);
  const batches = Array.from({ length: BATCHES }, (_, index) => preparedBatch(index));
  const reason = traced.trace(batches[0]?.batch as Batch, batches[0]?.targets ?? new Map(), [
    BATCH_SIZE,
  ]);
  if (reason !== undefined) throw new LyceumError('INTERNAL', `no graph: ${reason}`);
  for (const student of [eager, traced]) takeSteps(student, batches, BATCHES);
  const rates = { eager: [] as number[], traced: [] as number[] };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    signal.throwIfAborted();
    const turns = [
      () => rates.eager.push(takeSteps(eager, batches, steps)),
      () => rates.traced.push(takeSteps(traced, batches, steps)),
    ];
    for (const turn of repetition % 2 === 0 ? turns : turns.reverse()) turn();
  }
  if (traced.weightsDigest() !== eager.weightsDigest()) {
    throw new LyceumError('INTERNAL', 'the graph ends in other weights than its operations');
  }
  eager.dispose();
  traced.dispose();
  return rates;
}
