/**
 * Whether runs' students differ by more than chance, from their outputs for the same test samples. Pure.
 *
 * Runs that differ only in their seeds form an *arm*; every other arm is compared with the first run's. Chance has two
 * sources. The choice of samples is judged by McNemar's test and an interval, for each pair of runs. The choice of
 * seeds is judged by the differences of an arm's pairs.
 *
 * The interval of a difference of accuracies is Bonett's and Price's, that of a difference of losses a bootstrap's.
 * The bootstrap draws only from the samples that are there: with 20 samples its 95 % intervals of accuracies may hold
 * the truth in only 79 % of cases, and two models that never differ get an interval of width 0.
 */
import { argmaxRows, logSoftmaxRows } from '@lyceum/learning/arrays';
import {
  holm,
  mcNemar,
  pairedBootstrap,
  pairedInterval,
  pairedShares,
  seedsNeeded,
} from '@lyceum/learning/ensemble';
import { LyceumError } from '@lyceum/proto';

export interface ComparedRun {
  readonly runId: string;
  readonly datasetDigest: string;
  /** Normalised. */
  readonly specification: Readonly<Record<string, unknown>>;
  /** [N], of the test split; a sample with label −1 has none, and does not count. */
  readonly sampleIds: Int32Array;
  readonly labels: Int32Array;
  /** [N, C] */
  readonly logits: Float32Array;
}

export interface RunPair {
  readonly reference: string;
  readonly run: string;
  readonly referenceAccuracy: number;
  readonly accuracy: number;
  /** accuracy − referenceAccuracy, and its 95 % interval over samples. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Number of samples that only one of the two gets right. */
  readonly onlyReferenceRight: number;
  readonly onlyRunRight: number;
  /** McNemar's exact p, and the same after Holm's correction for all pairs here. */
  readonly p: number;
  readonly adjustedP: number;
  /**
   * Mean negative log-likelihoods of the labels, in nats; the interval of their difference comes from the bootstrap.
   */
  readonly nll: {
    readonly reference: number;
    readonly run: number;
    readonly difference: number;
    readonly low: number;
    readonly high: number;
  };
}

export interface ArmDifference extends SeedDifference {
  readonly reference: readonly string[];
  readonly runs: readonly string[];
  /** Difference of negative log-likelihoods; the other fields are about accuracies. */
  readonly nll: SeedDifference;
}

export interface SeedDifference {
  /** Mean difference over pairs, its 95 % interval (Student's t) and standard deviation over seeds. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly standardDeviation: number;
  /** Seeds needed to show such a difference with power 80 % at 5 %; null: there is no difference. */
  readonly seedsNeeded: number | null;
}

export interface RunComparison {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'Comparison';
  readonly datasetDigest: string;
  /** Labelled samples of the test split. */
  readonly sampleCount: number;
  readonly bootstrap: { readonly seed: number; readonly resampleCount: number };
  readonly pairs: readonly RunPair[];
  /**
   * Differences of arms, paired seed by seed. At least two seeds are needed: one tells nothing about their chance.
   */
  readonly arms: readonly ArmDifference[];
}

/** The default. Equal calls give equal tables. */
export const BOOTSTRAP = { seed: 1, resampleCount: 2000 };

/**
 * @param runs - at least two; the first is the reference.
 * @throws {LyceumError} INVALID_ARGUMENT, naming the runs that cannot be compared and why.
 */
export function compareRuns(
  runs: readonly ComparedRun[],
  { seed, resampleCount } = BOOTSTRAP,
): RunComparison {
  const [first] = runs;
  if (first === undefined || runs.length < 2) {
    throw new LyceumError('INVALID_ARGUMENT', 'want two runs at least');
  }
  checkSameSamples(first, runs);
  const rows = [...first.labels.keys()].filter((row) => (first.labels[row] as number) >= 0);
  if (rows.length === 0) {
    throw new LyceumError('INVALID_ARGUMENT', 'no sample of the test split has a label');
  }
  const scores = new Map(runs.map((run) => [run.runId, scoresOf(run, rows)]));
  const arms = armsOf(runs);
  // With only one arm, each run is compared by itself.
  const paired = pairsOf(arms.length > 1 ? arms : runs.map((run) => [run]));
  const raw = paired.flat().map(([reference, run]) => {
    const [a, b] = [reference, run].map((id) => scores.get(id)) as [Scores, Scores];
    return { reference, run, ...comparedScores(a, b, { seed, resampleCount }) };
  });
  const adjusted = holm(raw.map(({ p }) => p));
  const pairs = raw.map((pair, i) => ({ ...pair, adjustedP: adjusted[i] as number }));
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Comparison',
    datasetDigest: first.datasetDigest,
    sampleCount: rows.length,
    bootstrap: { seed, resampleCount },
    pairs,
    arms: paired
      .filter((own) => new Set(own.map(([reference]) => reference)).size > 1)
      .map((own) => armDifference(pairs.filter(({ run }) => own.some(([, id]) => id === run)))),
  };
}

function checkSameSamples(first: ComparedRun, runs: readonly ComparedRun[]): void {
  for (const [index, run] of runs.entries()) {
    const same = (a: Int32Array, b: Int32Array) =>
      a.length === b.length && a.every((value, i) => value === b[i]);
    const wrong =
      runs.findIndex(({ runId }) => runId === run.runId) < index
        ? `run ${run.runId} is named twice`
        : run.datasetDigest !== first.datasetDigest
          ? `run ${run.runId} is on the data set ${run.datasetDigest.slice(0, 12)}, and run ${first.runId} on ${first.datasetDigest.slice(0, 12)}`
          : !(same(run.sampleIds, first.sampleIds) && same(run.labels, first.labels))
            ? `run ${run.runId} was scored on other test samples or labels than run ${first.runId}`
            : undefined;
    if (wrong !== undefined) {
      throw new LyceumError('INVALID_ARGUMENT', `${wrong}; compare runs of one test split`);
    }
  }
}

/** Scores on the labelled rows. */
interface Scores {
  /** 1 where the answer is the label. */
  readonly right: Int8Array;
  /** Negative log-likelihood of the label. */
  readonly loss: Float64Array;
}

function scoresOf({ labels, logits }: ComparedRun, rows: readonly number[]): Scores {
  const classCount = logits.length / labels.length;
  const best = argmaxRows(logits, labels.length, classCount);
  const logs = logSoftmaxRows(logits, labels.length, classCount);
  return {
    right: Int8Array.from(rows, (row) => (best[row] === labels[row] ? 1 : 0)),
    loss: Float64Array.from(
      rows,
      (row) => -(logs[row * classCount + (labels[row] as number)] as number),
    ),
  };
}

/** Groups runs that are equal except for their seeds, in their order. */
export function armsOf<R extends Pick<ComparedRun, 'specification'>>(runs: readonly R[]): R[][] {
  const arms = new Map<string, R[]>();
  for (const run of runs) {
    const key = armKey(run.specification);
    arms.set(key, [...(arms.get(key) ?? []), run]);
  }
  return [...arms.values()];
}

/** Fields in which runs of one arm may differ: the seed, and fields that only add rows to the report. */
export const NO_PART_OF_ARM: ReadonlySet<string> = new Set(['seed', 'baseline', 'references']);

/** Equal for runs of one arm: the specification without seeds and names, and independent of its order. */
function armKey({ metadata: _, ...rest }: ComparedRun['specification']): string {
  return JSON.stringify(rest, (key, value) =>
    NO_PART_OF_ARM.has(key) ? undefined : inOrder(value),
  );
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The seed by which runs of two arms are paired. */
export function seedOf({ specification }: Pick<ComparedRun, 'specification'>): unknown {
  const { training } = (specification['spec'] ?? {}) as { training?: { seed?: unknown } };
  return training?.seed;
}

/** For each arm but the first: pairs [reference, run] with equal seeds. */
function pairsOf(arms: readonly ComparedRun[][]): [string, string][][] {
  const [reference = [], ...others] = arms;
  return others.map((arm) => {
    if (reference.length === 1) return arm.map((run) => [reference[0]?.runId ?? '', run.runId]);
    return arm.map((run) => {
      const partners = reference.filter((other) => seedOf(other) === seedOf(run));
      const [partner] = partners;
      if (partner === undefined || partners.length > 1) {
        const known = reference.map((other) => `${other.runId} (${seedOf(other)})`).join(', ');
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `run ${run.runId} has training seed ${seedOf(run)}, and ${partners.length} of ${known} have it; give each of the two one run of each seed`,
        );
      }
      return [partner.runId, run.runId];
    });
  });
}

function comparedScores(
  reference: Scores,
  run: Scores,
  { seed, resampleCount }: typeof BOOTSTRAP,
): Omit<RunPair, 'reference' | 'run' | 'adjustedP'> {
  const differences = run.right.map((own, i) => own - (reference.right[i] as number));
  const share = ({ right }: Scores) => right.reduce((sum, v) => sum + v, 0) / right.length;
  const losses = run.loss.map((own, i) => own - (reference.loss[i] as number));
  const lost = pairedBootstrap(losses, seed, resampleCount);
  const meanLoss = ({ loss }: Scores) => loss.reduce((sum, v) => sum + v, 0) / loss.length;
  const onlyReferenceRight = differences.filter((d) => d < 0).length;
  const onlyRunRight = differences.filter((d) => d > 0).length;
  const { mean, low, high } = pairedShares(onlyReferenceRight, onlyRunRight, differences.length);
  return {
    referenceAccuracy: share(reference),
    accuracy: share(run),
    difference: mean,
    low,
    high,
    onlyReferenceRight,
    onlyRunRight,
    p: mcNemar(onlyReferenceRight, onlyRunRight),
    nll: {
      reference: meanLoss(reference),
      run: meanLoss(run),
      difference: lost.mean,
      low: lost.low,
      high: lost.high,
    },
  };
}

function armDifference(pairs: readonly RunPair[]): ArmDifference {
  return {
    reference: [...new Set(pairs.map((pair) => pair.reference))],
    runs: pairs.map(({ run }) => run),
    ...seedDifference(pairs.map((pair) => pair.difference)),
    nll: seedDifference(pairs.map((pair) => pair.nll.difference)),
  };
}

function seedDifference(differences: readonly number[]): SeedDifference {
  const { mean, low, high, standardDeviation } = pairedInterval(differences);
  const needed = seedsNeeded(mean, standardDeviation);
  return {
    difference: mean,
    low,
    high,
    standardDeviation,
    seedsNeeded: Number.isFinite(needed) ? needed : null,
  };
}
