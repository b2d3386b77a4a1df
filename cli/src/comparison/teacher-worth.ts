/**
 * Each teacher's cost, its worth to the ensemble, and, if students were trained for that, its worth to the student.
 * Pure.
 */
import type { Report } from '@lyceum/coordinator/documents';
import { type WorthRow, type WorthSplit, worthRows } from '@lyceum/dashboard/report';
import { LyceumError, type Run } from '@lyceum/proto';
import type { ArmDifference } from './compare-runs.js';
import { costsBy } from './device-costs.js';

export interface TeacherWorth {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'TeacherWorth';
  readonly runId: string;
  readonly split: WorthSplit;
  /** A share of the samples; a smaller loss counts as small. */
  readonly margin: number;
  /** What the ensemble loses without one teacher; absent: it has fewer than two, or there are no labels. */
  readonly ensemble?: {
    readonly rule: string;
    readonly sampleCount: number;
    readonly accuracy: number;
    readonly nll: number | null;
  };
  /** In ensemble order. */
  readonly teachers: readonly TeacherWorthRow[];
}

export interface TeacherWorthRow extends WorthRow {
  /** Over all runs that the coordinator knows; null: no run has figures. */
  readonly everywhere: {
    readonly runCount: number;
    readonly deviceSeconds: number;
    readonly sampleCount: number;
  } | null;
  /** The loss of students that were trained without the teacher; absent: no such students were asked for. */
  readonly student?: StudentLoss | { readonly missing: string };
}

export interface StudentLoss {
  readonly withAll: readonly string[];
  readonly without: readonly string[];
  /** Mean accuracies over the pairs. */
  readonly accuracyWithAll: number;
  readonly accuracy: number;
  /**
   * Accuracy with the teacher less accuracy without: mean over pairs of equal seeds, its 95 % interval (Student's t).
   */
  readonly accuracyLoss: { readonly mean: number; readonly low: number; readonly high: number };
}

export interface TeacherPrice {
  readonly teacher: string;
  /** For an hour of the teacher's device. */
  readonly amount: number;
}

/** For a repeatable option: `TEACHER=AMOUNT`. @throws {LyceumError} INVALID_ARGUMENT */
export function addPrice(text: string, before: readonly TeacherPrice[] = []): TeacherPrice[] {
  const equals = text.lastIndexOf('=');
  const [teacher, amount] = [text.slice(0, equals), text.slice(equals + 1)];
  const isAmount = /^\d+(\.\d+)?$/.test(amount);
  if (equals < 1 || !isAmount || before.some((other) => other.teacher === teacher)) {
    const message = `--price ${text}: want TEACHER=AMOUNT for an hour of its device, as in wide=2.5, once a teacher`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return [...before, { teacher, amount: Number(amount) }];
}

/**
 * @param runs - all runs that the coordinator knows.
 * @param students - losses of students, in ensemble order; absent: no such students were asked for.
 */
export function teacherWorth(
  report: Report,
  runs: readonly Run[],
  options: {
    readonly split: WorthSplit;
    readonly margin: number;
    readonly prices: readonly TeacherPrice[];
  },
  students: readonly (StudentLoss | { readonly missing: string })[] = [],
): TeacherWorth {
  const { runId, worth } = report;
  const { split, margin, prices } = options;
  const everywhere = new Map(costsBy(runs, 'teacher').map((row) => [row.identity, row]));
  const measured = worth?.[split];
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'TeacherWorth',
    runId,
    split,
    margin,
    ...(worth &&
      measured && {
        ensemble: {
          rule: worth.rule,
          sampleCount: measured.sampleCount,
          accuracy: measured.accuracy,
          nll: measured.nll,
        },
      }),
    teachers: worthRows(report, split).map((row, k) => {
      const known = everywhere.get(report.teachers[k]?.identity ?? '');
      const price = prices.find(({ teacher }) => teacher === row.name);
      const student = students[k];
      return {
        ...row,
        ...(student !== undefined && { student }),
        ...(price !== undefined &&
          row.deviceSeconds !== null && {
            price: { amount: (row.deviceSeconds / 3600) * price.amount, currency: '' },
          }),
        everywhere:
          known === undefined
            ? null
            : {
                runCount: known.runCount,
                deviceSeconds: known.teacherDeviceSeconds,
                sampleCount: known.sampleCount,
              },
      };
    }),
  };
}

/**
 * @throws {LyceumError} FAILED_PRECONDITION if the run has fewer than two teachers; INVALID_ARGUMENT for the price of
 *   a teacher that the run does not have.
 */
export function checkWorth({ runId, teachers }: Report, prices: readonly TeacherPrice[]): void {
  const names = teachers.map(({ name }) => name);
  if (teachers.length < 2) {
    const has = teachers.length === 0 ? 'no teacher' : `one teacher, ${names[0]}`;
    const message = `run ${runId} has ${has}; what a teacher is worth can be told of two teachers or more`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const unknown = prices.find(({ teacher }) => !names.includes(teacher));
  if (unknown !== undefined) {
    const message = `--price ${unknown.teacher}: run ${runId} has no such teacher; it has ${names.join(', ')}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** The loss, from the comparison of students without the teacher with students with all. */
export function studentLoss(
  { reference, runs, difference, low, high }: ArmDifference,
  accuracies: { readonly withAll: number; readonly without: number },
): StudentLoss {
  return {
    withAll: reference,
    without: runs,
    accuracyWithAll: accuracies.withAll,
    accuracy: accuracies.without,
    // Avoids −0.
    accuracyLoss: { mean: 0 - difference, low: 0 - high, high: 0 - low },
  };
}
