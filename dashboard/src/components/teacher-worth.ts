/** Each teacher's cost, and the ensemble's loss without it, from a report. Pure. */
import { combinedTeachers, type Report } from '../api/index.js';
import { durationText, percentText, pluralText, signedText } from './numbers.js';

export interface WorthRow {
  readonly name: string;
  /** Null: not known. */
  readonly deviceSeconds: number | null;
  /** Share of all teachers' device time; null: not known, or no device time at all. */
  readonly timeShare: number | null;
  readonly sampleCount: number | null;
  /** Calls of a paid service; null: the teacher calls none. */
  readonly calls: number | null;
  /** Price of the calls; null: not known. */
  readonly price: { readonly amount: number; readonly currency: string } | null;
  /** Other teachers of the run with the same model, and therefore the same answers. */
  readonly sameAs: readonly string[];
  readonly loss: TeacherLoss | { readonly missing: string };
}

type SplitWorth = NonNullable<NonNullable<Report['worth']>['test']>;
export type TeacherLoss = NonNullable<SplitWorth['teachers'][number]['loss']>;
/** A loss with its interval: positive if the ensemble is worse without the teacher. */
export type Interval = TeacherLoss['accuracyLoss'];
export type WorthSplit = 'test' | 'validation';

/** Half a point of accuracy: a teacher is called dispensable if the upper end of its loss stays below this. */
export const WORTH_MARGIN = 0.005;

export function worthRows(report: Report, split: WorthSplit = 'test'): WorthRow[] {
  const { teachers, cost, worth } = report;
  const seconds = cost?.teachers.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0) ?? 0;
  const found = worth?.[split]?.teachers ?? [];
  return teachers.map(({ name, identity }, k) => {
    const own = cost?.teachers[k];
    const left = found.find((one) => one.name === name);
    return {
      name,
      deviceSeconds: own?.deviceSeconds ?? null,
      timeShare: own === undefined || seconds === 0 ? null : own.deviceSeconds / seconds,
      sampleCount: own?.sampleCount ?? null,
      calls: own?.calls?.count ?? null,
      price: own?.price ?? null,
      sameAs: teachers
        .filter((other) => other.identity === identity && other.name !== name)
        .map((other) => other.name),
      loss: left?.loss ?? { missing: left?.missing ?? whyMissing(report, split, name) },
    };
  });
}

function whyMissing(report: Report, split: WorthSplit, name: string): string {
  const members = combinedTeachers(report).map((teacher) => teacher.name);
  if (!members.includes(name)) return 'no term of the run combines its answers';
  if (members.length < 2) return 'no other teacher is in the ensemble';
  if (report.worth === null) return 'the split has too many samples and classes';
  return `the ${split} split has no labels`;
}

export function hasLoss(row: WorthRow): row is WorthRow & { readonly loss: TeacherLoss } {
  return !('missing' in row.loss);
}

/** Sentences about the teachers whose loss stays below the margin, and their cost; the smallest loss first. */
export function worthSentences(rows: readonly WorthRow[], margin = WORTH_MARGIN): string[] {
  const known = rows.filter(hasLoss);
  if (known.length === 0) return [];
  const dropped = known
    .filter(({ loss }) => isBelow(loss.accuracyLoss, margin))
    .sort((a, b) => a.loss.accuracyLoss.mean - b.loss.accuracyLoss.mean);
  if (dropped.length === 0) {
    return [
      `No teacher could be dropped at a loss that is known to stay below ${pointsText(margin)} points.`,
    ];
  }
  return [
    ...dropped.map(
      (row) =>
        `Teacher ${row.name} could be dropped at a loss of ${lossText(row.loss.accuracyLoss)}${verdict(row.loss.accuracyLoss, margin)}.${costSentence(row)}`,
    ),
    ...(dropped.length > 1
      ? ['Each figure is for one teacher alone; without several of them the loss may be greater.']
      : []),
  ];
}

export function isBelow({ high }: Interval, margin: number): boolean {
  return high <= margin;
}

/** `0.05 points (−0.10 to 0.20)`. */
export function lossText({ mean, low, high }: Interval): string {
  return `${pointsText(mean)} points (${pointsText(low)} to ${pointsText(high)})`;
}

/** The words after a loss: that it is below 0, or below the margin. */
function verdict({ high }: Interval, margin: number): string {
  return high < 0
    ? ': the ensemble is better without it'
    : `, below the margin of ${pointsText(margin)}`;
}

/** A share as points: `−0.42`. */
export function pointsText(share: number): string {
  return signedText(100 * share, 2);
}

function costSentence({ deviceSeconds, timeShare, price, calls, sameAs }: WorthRow): string {
  const [first, ...more] = sameAs;
  if (first !== undefined) {
    const others = more.length === 0 ? `${first} needs` : `${first} and ${more.length} more need`;
    return ` That alone saves nothing: ${others} its answers.`;
  }
  if (deviceSeconds === null) return '';
  const share = timeShare === null ? '' : `, ${percentText(timeShare)} of all teachers'`;
  const called = calls === null ? '' : `, ${pluralText(calls, 'call')}`;
  const paid = price === null ? '' : ` and ${priceText(price)}`;
  return ` It cost ${durationText(deviceSeconds)} of device time${share}${called}${paid}.`;
}

/** `12.40 EUR`; small amounts with as many digits as they need. */
export function priceText({ amount, currency }: NonNullable<WorthRow['price']>): string {
  const text = amount >= 0.1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2);
  return currency === '' ? text : `${text} ${currency}`;
}
