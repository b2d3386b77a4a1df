/**
 * `inference`: how much faster is an inference as one graph than operation by operation?
 *
 * The product's own inference of four models, at the padded shape of teachers, from real values to logits. Both ways
 * are timed in turn in this process, and must give the same bits.
 */
import { loadavg } from 'node:os';
import type { ArchitectureSettings } from '@lyceum/learning/architectures';
import {
  buildStudent,
  type Engine,
  Inference,
  openEngine,
  prepareEngine,
} from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import { type BenchResult, figureOf, median, spread } from '../measuring/index.js';

const UNIT = 'samples/s, traced ÷ eager';
const SAMPLE_SHAPE = [28, 28, 1];
const SAMPLE_SIZE = 784;
const CLASSES = 10;
/** Rows of an inference, as in a teacher worker. */
const ROWS = 128;
const BATCHES_PER_TURN = 40;

const MODELS: Readonly<Record<string, ArchitectureSettings>> = {
  mlp: { architecture: 'mlp', hiddenUnits: [100], dropout: 0 },
  lenet: { architecture: 'lenet' },
  conv: { architecture: 'conv', filters: [16, 32], denseUnits: [64] },
  'resnet-8': { architecture: 'resnet', depth: 8 },
};

export async function inference(options: {
  readonly repetitions: number;
  readonly signal: AbortSignal;
}): Promise<BenchResult> {
  prepareEngine(process.env, 2);
  const engine = await openEngine({ only: 'native' });
  const details: Record<string, unknown> = {
    engine: engine.version,
    device: engine.device,
    rows: ROWS,
    loadBefore: loadavg()[0],
  };
  const ratios = new Map<string, number[]>();
  for (const [name, architecture] of Object.entries(MODELS)) {
    const { eagerMs, tracedMs } = measure(engine, architecture, options);
    const own = eagerMs.map((ms, index) => ms / (tracedMs[index] as number));
    ratios.set(name, own);
    details[name] = {
      ratio: median(own),
      spread: spread(own),
      eagerMs: median(eagerMs),
      tracedMs: median(tracedMs),
      bitsEqual: true,
    };
    process.stderr.write(`inference: ${name} ${median(own).toFixed(2)} times as fast\n`);
  }
  const worst = [...ratios.values()].sort((a, b) => median(a) - median(b))[0] ?? [];
  return {
    name: 'inference',
    value: median(worst),
    unit: 'samples/s of traced inferences ÷ of eager ones, the worst model',
    spread: spread(worst),
    figures: [...ratios].map(([name, own]) => figureOf(name, UNIT, own)),
    details: { ...details, loadAfter: loadavg()[0] },
  };
}

/** @throws {LyceumError} INTERNAL if the model cannot be traced, or the bits differ. */
function measure(
  engine: Engine,
  architecture: ArchitectureSettings,
  { repetitions, signal }: { readonly repetitions: number; readonly signal: AbortSignal },
): { eagerMs: number[]; tracedMs: number[] } {
  const model = buildStudent(engine, architecture, SAMPLE_SHAPE, CLASSES, 1);
  const open = () => new Inference(engine, model, { output: 'logits' }, SAMPLE_SHAPE, ROWS);
  const [eager, traced] = [open(), open()];
  const reason = traced.trace(batch(1), ROWS);
  if (reason !== undefined) throw new LyceumError('INTERNAL', `no graph: ${reason}`);
  if (!Buffer.from(logits(eager)).equals(Buffer.from(logits(traced)))) {
    throw new LyceumError('INTERNAL', 'the graph gives other logits than its operations');
  }
  const [eagerMs, tracedMs]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    signal.throwIfAborted();
    const turns = [
      () => eagerMs.push(millisecondsPerBatch(eager)),
      () => tracedMs.push(millisecondsPerBatch(traced)),
    ];
    for (const turn of repetition % 2 === 0 ? turns : turns.reverse()) turn();
  }
  traced.dispose();
  model.dispose();
  return { eagerMs, tracedMs };
}

/** Logits of a batch on which the graph was not checked. This call also warms up. */
function logits(by: Inference): ArrayBufferLike {
  return by.run(batch(2), ROWS).buffer;
}

function millisecondsPerBatch(by: Inference): number {
  const inputs = batch(3);
  const start = performance.now();
  for (let i = 0; i < BATCHES_PER_TURN; i++) by.run(inputs, ROWS);
  return (performance.now() - start) / BATCHES_PER_TURN;
}

function batch(seed: number): Float32Array {
  return Float32Array.from({ length: ROWS * SAMPLE_SIZE }, (_, i) => Math.sin(i * 0.37 + seed));
}
