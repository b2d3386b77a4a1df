/**
 * The table of a sweep: its runs in arms, whose runs differ only in their seeds, and each arm's results against those
 * of the first. Pure.
 *
 * The fields in which arms differ are read from the runs' specifications: nothing else records them, since a sweep may
 * grow, and runs may join it by its label.
 */
import { pathText } from '@lyceum/learning/documents';
import { OPTIMIZERS } from '@lyceum/learning/optimizers';
import { type ArmDifference, NO_PART_OF_ARM, type RunComparison, seedOf } from './compare-runs.js';

export interface SweptRun {
  readonly runId: string;
  readonly state: string;
  /** Normalised. */
  readonly specification: Readonly<Record<string, unknown>>;
  /** Figures on the test split, if the run has SUCCEEDED; null: there is no such figure. */
  readonly figures?: SweptFigures;
}

export interface SweptFigures {
  readonly accuracy: number | null;
  readonly nll: number | null;
  readonly agreement: number | null;
  /** Device time of student and teachers together, seconds. */
  readonly deviceSeconds: number | null;
  /** Share of its training time that the student waited for targets. */
  readonly waitingShare: number | null;
}

/** Over an arm's runs that SUCCEEDED. The standard deviation divides by n − 1, and is null for one run. */
export interface MeanOverSeeds {
  readonly mean: number;
  readonly standardDeviation: number | null;
}

export interface SweepArm {
  /** By the table's fields; null: the arm's runs have no such field. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly runs: readonly {
    readonly runId: string;
    readonly state: string;
    readonly seed: unknown;
  }[];
  readonly accuracy: MeanOverSeeds | null;
  readonly nll: MeanOverSeeds | null;
  /** With the ensemble. */
  readonly agreement: MeanOverSeeds | null;
  readonly deviceSeconds: MeanOverSeeds | null;
  readonly waitingShare: MeanOverSeeds | null;
  /** Difference of accuracies from the first arm; null: it cannot be compared. */
  readonly difference: ArmDifferenceOverRuns | null;
}

/** Over seeds if there are at least two pairs, else over the test samples of the one pair. */
export interface ArmDifferenceOverRuns {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly pairCount: number;
  readonly over: 'seeds' | 'samples';
  readonly seedsNeeded: number | null;
}

export interface SweepTable {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'SweepTable';
  readonly sweep: string;
  /** The fields in which arms differ, without `spec.`. */
  readonly fields: readonly string[];
  readonly arms: readonly SweepArm[];
  /** Why arms are not compared with the first; null: they are, or there is only one. */
  readonly notCompared: string | null;
}

/**
 * The runs that can be compared seed by seed: those of each arm that SUCCEEDED and have a training seed in common with
 * the first arm.
 */
export function comparableRuns(arms: readonly (readonly SweptRun[])[]): SweptRun[] {
  const finished = arms.map((arm) => arm.filter(({ figures }) => figures !== undefined));
  const [reference = [], ...others] = finished;
  if (reference.length === 1) return finished.flat();
  const seeds = new Set(reference.map(seedOf));
  return [...reference, ...others.flat().filter((run) => seeds.has(seedOf(run)))];
}

/**
 * @param arms - the first is the reference.
 * @param comparison - of {@link comparableRuns}; or the reason why there is none.
 */
export function sweepTable(
  sweep: string,
  arms: readonly (readonly SweptRun[])[],
  comparison: RunComparison | string | undefined,
): SweepTable {
  const leaves = arms.map(([first]) => leavesOf(first?.specification ?? {}));
  const fields = [...new Set(leaves.flatMap((own) => [...own.keys()]))].filter(
    (field) => new Set(leaves.map((own) => JSON.stringify(own.get(field)))).size > 1,
  );
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'SweepTable',
    sweep,
    fields,
    arms: arms.map((runs, index) => ({
      values: Object.fromEntries(fields.map((f) => [f, leaves[index]?.get(f) ?? null])),
      runs: runs.map((run) => ({ runId: run.runId, state: run.state, seed: seedOf(run) ?? null })),
      accuracy: meanOf(runs, 'accuracy'),
      nll: meanOf(runs, 'nll'),
      agreement: meanOf(runs, 'agreement'),
      deviceSeconds: meanOf(runs, 'deviceSeconds'),
      waitingShare: meanOf(runs, 'waitingShare'),
      difference: typeof comparison === 'object' ? differenceOf(runs, comparison) : null,
    })),
    notCompared: typeof comparison === 'string' ? comparison : null,
  };
}

function meanOf(runs: readonly SweptRun[], figure: keyof SweptFigures): MeanOverSeeds | null {
  const values = runs.flatMap(({ figures }) => figures?.[figure] ?? []);
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    standardDeviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)),
  };
}

function differenceOf(
  runs: readonly SweptRun[],
  { pairs, arms }: RunComparison,
): ArmDifferenceOverRuns | null {
  const isOwn = (runId: string) => runs.some((run) => run.runId === runId);
  const overSeeds: ArmDifference | undefined = arms.find((arm) => arm.runs.some(isOwn));
  if (overSeeds !== undefined) {
    const { difference: mean, low, high, seedsNeeded } = overSeeds;
    return { mean, low, high, pairCount: overSeeds.runs.length, over: 'seeds', seedsNeeded };
  }
  const [pair, ...further] = pairs.filter(({ run }) => isOwn(run));
  if (pair === undefined || further.length > 0) return null;
  const { difference: mean, low, high } = pair;
  return { mean, low, high, pairCount: 1, over: 'samples', seedsNeeded: null };
}

/** Fields that a normalised document leaves out where they have their default, with that default. */
function unsaid(spec: unknown): [string, unknown][] {
  const { ensemble, training } = (spec ?? {}) as {
    readonly ensemble?: unknown;
    readonly training?: { readonly optimizer?: unknown };
  };
  const optimizer = OPTIMIZERS.find(({ name }) => name === training?.optimizer);
  return [
    ...(ensemble === undefined ? [] : ([['ensemble.calibrate', false]] as [string, unknown][])),
    ...Object.entries(optimizer?.defaults ?? {}).map(([name, value]): [string, unknown] => [
      `training.${name}`,
      value,
    ]),
  ];
}

/** Fields of `spec` with their values, by path; a list of numbers or words is one value. */
function leavesOf({ spec, kind }: SweptRun['specification']): Map<string, unknown> {
  const leaves = new Map<string, unknown>([['kind', kind], ...unsaid(spec)]);
  const visit = (path: readonly (string | number)[], value: unknown): void => {
    const isList = Array.isArray(value);
    if (isList && !value.some((part) => typeof part === 'object'))
      leaves.set(pathText(path), value);
    else if (isList) for (const [i, part] of value.entries()) visit([...path, i], part);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) {
        if (!NO_PART_OF_ARM.has(key)) visit([...path, key], part);
      }
    } else leaves.set(pathText(path), value);
  };
  visit([], spec);
  return leaves;
}
