/**
 * What explanations were worth: the student that learnt from a teacher of input and explanation, against the same student
 * without, seed by seed, on the test split. Pure.
 */
import { pairedInterval, seedsNeeded } from '@lyceum/learning/ensemble';

/** Figures of one student on the test split, from its report. */
interface TestFigures {
  readonly accuracy: number | null;
  readonly nll: number | null;
}

export interface SeedOutcome {
  readonly seed: number;
  /** Ids, of the student, of the one without explanations, and of the teacher that has them. */
  readonly runs: { readonly student: string; readonly plain: string; readonly explained: string };
  readonly student: TestFigures;
  readonly plain: TestFigures;
  readonly explained: TestFigures;
}

interface Measured {
  /** Means over seeds. */
  readonly student: number;
  readonly plain: number;
  readonly explained: number;
  /** student − plain, the mean over seeds; its 95 % interval (Student's t) takes two seeds. */
  readonly difference: number;
  readonly interval: {
    readonly low: number;
    readonly high: number;
    readonly standardDeviation: number;
    /** Seeds that show such a difference with power 80 % at 5 %; null: there is none to show. */
    readonly seedsNeeded: number | null;
  } | null;
}

export interface ExplanationsWorth {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'ExplanationsWorth';
  readonly name: string;
  /** Inputs by split, and how many of them anybody explained; `all` where the document has no splits. */
  readonly explained: Readonly<
    Record<string, { readonly inputs: number; readonly explained: number }>
  >;
  /** Kept inputs, and those whose true class is known: the others are measured by the class behind the answers. */
  readonly labels: { readonly inputs: number; readonly known: number };
  readonly testSamples: number;
  readonly seeds: readonly SeedOutcome[];
  /** Null: a test sample without a class, or a label of probability 0. */
  readonly accuracy: Measured | null;
  readonly nll: Measured | null;
}

export function explanationsWorth(
  known: Pick<ExplanationsWorth, 'name' | 'explained' | 'labels' | 'testSamples'>,
  seeds: readonly SeedOutcome[],
): ExplanationsWorth {
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'ExplanationsWorth',
    ...known,
    seeds,
    accuracy: measured(seeds, 'accuracy'),
    nll: measured(seeds, 'nll'),
  };
}

function measured(seeds: readonly SeedOutcome[], figure: keyof TestFigures): Measured | null {
  const values = (role: 'student' | 'plain' | 'explained') =>
    seeds.map((seed) => seed[role][figure] ?? Number.NaN);
  const [student, plain, explained] = [values('student'), values('plain'), values('explained')];
  const differences = student.map((own, k) => own - (plain[k] as number));
  if (![...differences, ...explained].every(Number.isFinite)) return null;
  const [own, without, teacher] = [mean(student), mean(plain), mean(explained)];
  return {
    student: own,
    plain: without,
    explained: teacher,
    difference: mean(differences),
    interval: differences.length < 2 ? null : intervalOf(differences),
  };
}

function intervalOf(differences: readonly number[]) {
  const { mean: difference, low, high, standardDeviation } = pairedInterval(differences);
  const needed = seedsNeeded(difference, standardDeviation);
  return { low, high, standardDeviation, seedsNeeded: Number.isFinite(needed) ? needed : null };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
