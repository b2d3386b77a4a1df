/**
 * `--plugin FILE`: checks the properties of a user's own terms and rules on which runs rely. There are no published
 * numbers for these, so each term or rule is checked against itself: shapes, finite values, equal bits in a second
 * call, gradients against differences of the loss, and the same loss and gradient as a recorded graph.
 *
 * Logits are drawn from the fixed stream of {@link mulberry32}. Targets are softmaxes of such logits; in one target a
 * class has probability 0.
 */
import { mulberry32 } from '@lyceum/learning/arrays';
import {
  checkedShares,
  type OwnRule,
  type OwnTerm,
  type Plugin,
  type RuleInputs,
  type TermInputs,
} from '@lyceum/learning/plugins';
import {
  type Engine,
  type NamedTensorMap,
  openEngine,
  prepareEngine,
  type Tensor,
  type Tensor2D,
  traceStep,
} from '@lyceum/learning/tensorflow';
import type { Case } from './case.js';

/** [rows, classes]: one row, two classes, more classes than rows. */
const TERM_SHAPES = [
  [1, 3],
  [4, 2],
  [3, 10],
] as const;
const TEACHER_COUNTS = [1, 2, 3];
const TEMPERATURES = [1, 4];

/**
 * Difference of a logit. A float32 loss of size 1 has an error of some 1e-7, so a quotient of differences has an error
 * of some 1e-5.
 */
const DIFFERENCE_STEP = 1e-2;
const GRADIENT_TOLERANCE = 2e-3;
/** Tolerance between batches. A rule may add in another order, but the cut of batches must not change a target. */
const ROW_TOLERANCE = 1e-9;

/** One case for each property of each term or rule. Settings are those of a run that does not set any. */
export async function pluginCases({ terms = {}, rules = {} }: Plugin): Promise<Case[]> {
  prepareEngine(process.env, 1);
  const engine = await openEngine({ warn: () => undefined });
  return [
    ...Object.entries(terms).flatMap(([name, term]) => termCases(engine, name, term)),
    ...Object.entries(rules).flatMap(([name, rule]) => ruleCases(name, rule)),
  ];
}

interface Batch {
  readonly logits: Float32Array;
  readonly target: Float32Array;
  readonly hardLabels: Float32Array;
  readonly shape: readonly [number, number];
  readonly temperature: number;
}

function termCases(engine: Engine, name: string, term: OwnTerm): Case[] {
  const batches = TERM_SHAPES.flatMap((shape) =>
    TEMPERATURES.map((temperature) => batchOf(shape, temperature)),
  );
  const each = (property: string, check: (batch: Batch) => void | Promise<void>): Case => ({
    id: `terms.${name}/${property}`,
    run: async () => {
      for (const batch of batches) {
        try {
          await check(batch);
        } catch (err) {
          const [rows, classes] = batch.shape;
          const where = `logits [${rows}, ${classes}], temperature ${batch.temperature}`;
          throw new Error(`${where}: ${err instanceof Error ? err.message : String(err)}`);
        }
      }
    },
  });
  return [
    each('a finite scalar', (batch) => void lossAt(engine, term, batch, batch.logits)),
    each('equal bits when asked again', (batch) => {
      const [first, again] = [0, 1].map(() => lossAt(engine, term, batch, batch.logits));
      if (first !== again) throw new Error(`${first} first, then ${again}`);
    }),
    each('inputs are left alone', (batch) =>
      withInputs(engine, batch, (inputs) => {
        engine.tf.tidy(() => void term.loss(engine.tf, inputs, {}));
        for (const [which, before] of [
          ['logits', batch.logits],
          ['target', batch.target],
          ['hardLabels', batch.hardLabels],
        ] as const) {
          if (inputs[which].dataSync().some((value, i) => value !== before[i]))
            throw new Error(`${which} was changed`);
        }
      }),
    ),
    each('the gradient is that of the loss', (batch) => gradientIsRight(engine, term, batch)),
    each('runs as one graph', (batch) => runsAsGraph(engine, term, batch)),
  ];
}

function gradientIsRight(engine: Engine, term: OwnTerm, batch: Batch): void {
  const gradient = gradientOf(engine, term, batch);
  for (const [i, own] of gradient.entries()) {
    const at = (step: number) =>
      lossAt(
        engine,
        term,
        batch,
        batch.logits.map((v, j) => (j === i ? v + step : v)),
      );
    const difference = (at(DIFFERENCE_STEP) - at(-DIFFERENCE_STEP)) / (2 * DIFFERENCE_STEP);
    // Not `>`: a NaN must fail.
    if (Math.abs(own - difference) <= GRADIENT_TOLERANCE * Math.max(1, Math.abs(difference)))
      continue;
    throw new Error(
      `∂loss/∂logits[${i}] is ${own}, but differences of the loss give ${difference}`,
    );
  }
}

function gradientOf(engine: Engine, term: OwnTerm, batch: Batch): Float32Array {
  return withInputs(engine, batch, (inputs) =>
    engine.tf.tidy(() => {
      const { tf } = engine;
      const loss = (logits: Tensor2D) => term.loss(tf, { ...inputs, logits }, {});
      return tf
        .grad((logits) => loss(logits as Tensor2D))(inputs.logits)
        .dataSync<'float32'>()
        .slice();
    }),
  );
}

/**
 * Checks that loss and gradient, as in a training step, run as a graph. Only the native engine has graphs; without it
 * nothing is checked.
 */
function runsAsGraph(engine: Engine, term: OwnTerm, batch: Batch): void {
  if (engine.name !== 'native') return;
  withInputs(engine, batch, (inputs) => {
    const { tf } = engine;
    const { temperature, ...tensors } = inputs;
    const fn = (given: NamedTensorMap) => {
      const loss = (logits: Tensor) =>
        term.loss(
          tf,
          { ...(given as typeof tensors), logits: logits as Tensor2D, temperature },
          {},
        );
      return tf.grad(loss)(given['logits'] as Tensor2D);
    };
    const traced = traceStep(engine, { loss: { fn, inputs: tensors } }, []);
    if ('reason' in traced) throw new Error(`it cannot run as a graph: ${traced.reason}`);
    traced.dispose();
  });
}

/** The loss. @throws {Error} if it is no finite scalar. */
function lossAt(engine: Engine, term: OwnTerm, batch: Batch, logits: Float32Array): number {
  return withInputs(engine, { ...batch, logits }, (inputs) =>
    engine.tf.tidy(() => {
      const loss = term.loss(engine.tf, inputs, {});
      if (loss.rank !== 0) throw new Error(`the loss has shape [${loss.shape}]; want a scalar`);
      const [value = Number.NaN] = loss.dataSync();
      if (!Number.isFinite(value)) throw new Error(`the loss is ${value}`);
      return value;
    }),
  );
}

/** Calls `use` with new tensors, and disposes of them afterwards. */
function withInputs<T>({ tf }: Engine, batch: Batch, use: (inputs: TermInputs) => T): T {
  const { logits, target, hardLabels, shape, temperature } = batch;
  const [l, t, h] = [logits, target, hardLabels].map((values) =>
    tf.tensor2d(Float32Array.from(values), [...shape]),
  ) as [Tensor2D, Tensor2D, Tensor2D];
  try {
    return use({ logits: l, target: t, hardLabels: h, temperature });
  } finally {
    tf.dispose([l, t, h]);
  }
}

/**
 * A batch. If it has several rows, the last row has no label. The least probable class of the first row has
 * probability 0.
 */
function batchOf(shape: readonly [number, number], temperature: number): Batch {
  const [rowCount, classCount] = shape;
  const size = rowCount * classCount;
  const target = softmaxRows(draws(2, size), classCount, temperature);
  const first = target.subarray(0, classCount);
  first[first.indexOf(Math.min(...first))] = 0;
  const sum = first.reduce((total, p) => total + p, 0);
  first.forEach((p, c) => {
    first[c] = p / sum;
  });
  const labelled = Math.max(1, rowCount - 1);
  const hardLabels = Float32Array.from({ length: size }, (_, i) => {
    const row = Math.floor(i / classCount);
    return row < labelled && i % classCount === row % classCount ? 1 : 0;
  });
  return { logits: draws(1, size), target, hardLabels, shape, temperature };
}

function softmaxRows(logits: Float32Array, classCount: number, temperature: number): Float32Array {
  const powers = logits.map((v) => Math.exp(v / temperature));
  return powers.map((power, i) => {
    const from = i - (i % classCount);
    return power / powers.subarray(from, from + classCount).reduce((sum, p) => sum + p, 0);
  });
}

/** Numbers drawn evenly from [−3, 3]. */
function draws(seed: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 6 * mulberry32(seed, i) - 3);
}

function ruleCases(name: string, rule: OwnRule): Case[] {
  const inputs = TERM_SHAPES.flatMap(([rowCount, classCount]) =>
    TEACHER_COUNTS.map(
      (teacherCount): RuleInputs => ({
        teacherLogits: Array.from({ length: teacherCount }, (_, k) =>
          draws(10 + k, rowCount * classCount),
        ),
        teacherWeights: Array.from({ length: teacherCount }, (_, k) => 1 + k),
        rowCount,
        classCount,
      }),
    ),
  );
  const each = (property: string, check: (inputs: RuleInputs) => void): Case => ({
    id: `rules.${name}/${property}`,
    run: () => {
      for (const own of inputs) check(own);
    },
  });
  const shares = (own: RuleInputs) => checkedShares(name, rule, own, {});
  return [
    each('shares of at least 0 and sum 1', (own) => void shares(own)),
    each('equal bits when asked again', (own) => {
      const [first, again] = [shares(own), shares(own)];
      if (first.some((share, i) => share !== again[i]))
        throw new Error(`${first} first, then ${again}`);
    }),
    each('inputs are left alone', (own) => {
      const before = own.teacherLogits.map((logits) => Float32Array.from(logits));
      shares(own);
      const changed = before.some((logits, k) =>
        logits.some((v, i) => v !== own.teacherLogits[k]?.[i]),
      );
      if (changed || own.teacherWeights.some((weight, k) => weight !== 1 + k))
        throw new Error('they were changed');
    }),
    each('a row is independent of its batch', (own) => {
      const whole = shares(own);
      const { teacherLogits, classCount } = own;
      const first = {
        ...own,
        rowCount: 1,
        teacherLogits: teacherLogits.map((l) => l.slice(0, classCount)),
      };
      const alone = shares(first);
      if (alone.some((share, k) => Math.abs(share - (whole[k] as number)) > ROW_TOLERANCE)) {
        throw new Error(
          `the first row has ${whole.slice(0, alone.length)} in its batch, and ${alone} alone`,
        );
      }
    }),
  ];
}
