/** Runs side by side, and whether they differ by more than chance. Pure. */
import type { ComparedFigures, ComparedPair, ComparisonFacts } from '@lyceum/dashboard/api';
import { LyceumError, type Run } from '@lyceum/proto';
import type { Report } from '../../client/index.js';
import { type ComparedRun, compareRuns, type RunPair } from '../../comparison/index.js';
import { runRow } from './run-facts.js';

/** A run and its results; undefined: it has not succeeded. */
export interface ComparedParts {
  readonly run: Run;
  readonly result: (ComparedRun & { readonly report: Report }) | undefined;
}

export function comparisonFacts(parts: readonly ComparedParts[]): ComparisonFacts {
  return {
    runs: parts.map(({ run }) => runRow(run)),
    figures: parts.map(({ run, result }) =>
      result === undefined ? null : figuresOf(result.report, run),
    ),
    ...pairsOf(parts),
  };
}

function figuresOf({ student, wallSeconds }: Report, { cost }: Run): ComparedFigures {
  const teachers = cost?.teachers ?? [];
  return {
    accuracy: student.accuracy,
    nll: student.nll,
    ece: student.ece,
    bytes: student.bytes,
    latencyBatch1Ms: student.latencyBatch1Ms,
    wallSeconds,
    deviceSeconds: teachers.reduce(
      (sum, { deviceSeconds }) => sum + deviceSeconds,
      cost?.studentDeviceSeconds ?? 0,
    ),
  };
}

function pairsOf(parts: readonly ComparedParts[]): Pick<ComparisonFacts, 'pairs' | 'notCompared'> {
  const unfinished = parts.find(({ result }) => result === undefined);
  if (unfinished !== undefined) {
    const notCompared = `${unfinished.run.runId} has not succeeded, so there are no test outputs of it`;
    return { pairs: [], notCompared };
  }
  const compared = parts.flatMap(({ result }) => result ?? []);
  try {
    const { pairs } = compareRuns(compared);
    return { pairs: pairs.map(pairOf), notCompared: null };
  } catch (err) {
    if (!(err instanceof LyceumError) || err.code !== 'INVALID_ARGUMENT') throw err;
    return { pairs: [], notCompared: err.message };
  }
}

function pairOf({ reference, run, difference, low, high, adjustedP }: RunPair): ComparedPair {
  return { reference, run, difference, low, high, p: adjustedP };
}
