/**
 * Measures the worth of explanations: a student whose teacher reads input and explanation, against the same student
 * without explanations, seed by seed, on the test split. Pure.
 */
import { pairedInterval, seedsNeeded } from '@lyceum/learning/ensemble';

/** Figures of one student on the test split, from its report. */
interface TestFigures {
  readonly accuracy: number | null;
  readonly nll: number | null;
}

export interface SeedOutcome {
  readonly seed: number;
  /** Run ids: the student, the student without explanations, and the teacher that reads explanations. */
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
  /** student − plain, the mean over seeds; its 95 % interval (Student's t) needs at least two seeds. */
  readonly difference: number;
  readonly interval: {
    readonly low: number;
    readonly high: number;
    readonly standardDeviation: number;
    /** Number of seeds that show this difference with power 80 % at level 5 %; null: there is no difference. */
    readonly seedsNeeded: number | null;
  } | null;
}

export interface ExplanationsWorth {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'ExplanationsWorth';
  readonly name: string;
  /** By split (`all` without splits): the number of inputs, and of inputs with an explanation. */
  readonly explained: Readonly<
    Record<string, { readonly inputs: number; readonly explained: number }>
  >;
  /** Number of kept inputs, and of those with a true class: the others are measured by the consensus. */
  readonly labels: { readonly inputs: number; readonly known: number };
  readonly testSamples: number;
  readonly seeds: readonly SeedOutcome[];
  /** Null: a test sample has no class, or a label has probability 0. */
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
