/** The cost and the worth of each teacher, as text. */
import {
  durationText,
  isBelow,
  lossText,
  pointsText,
  priceText,
  signedText,
  worthSentences,
} from '@lyceum/dashboard/report';
import type { StudentLoss, TeacherWorth, TeacherWorthRow } from '../comparison/index.js';
import {
  type Column,
  countText,
  orUnknown,
  percentText,
  probability,
  tableLines,
} from './text/index.js';

const right = (
  title: string,
  value: Column<TeacherWorthRow>['value'],
): Column<TeacherWorthRow> => ({ title, value, align: 'right' });

const COSTS: readonly Column<TeacherWorthRow>[] = [
  { title: 'TEACHER', value: ({ name }) => name },
  right('DEVICES', (row) => orUnknown(row.deviceSeconds, durationText)),
  right('SHARE', (row) => orUnknown(row.timeShare, (share) => percentText(share, 1))),
  right('SAMPLES', (row) => orUnknown(row.sampleCount, countText)),
  right('CALLS', (row) => orUnknown(row.calls, countText)),
  right('PRICE', ({ price }) => (price === null ? undefined : priceText(price))),
  right('RUNS', ({ everywhere }) => (everywhere ? countText(everywhere.runCount) : undefined)),
  right('THEIR DEVICES', ({ everywhere }) =>
    everywhere === null ? undefined : durationText(everywhere.deviceSeconds),
  ),
];

interface LossLine {
  readonly name: string;
  readonly of: string;
  readonly accuracy: number;
  readonly loss: StudentLoss['accuracyLoss'];
  readonly nll: StudentLoss['accuracyLoss'] | null;
  readonly p: number | null;
}

const LOSSES: readonly Column<LossLine>[] = [
  { title: 'WITHOUT', value: ({ name }) => name },
  { title: 'OF', value: ({ of }) => of },
  { title: 'ACCURACY', value: ({ accuracy }) => percentText(accuracy), align: 'right' },
  { title: 'LOSS', value: ({ loss }) => pointsText(loss.mean), align: 'right' },
  { title: '95 % INTERVAL', value: ({ loss }) => interval(loss, pointsText), align: 'right' },
  {
    title: 'NLL',
    value: ({ nll }) => (nll === null ? undefined : natsText(nll.mean)),
    align: 'right',
  },
  {
    title: '95 % INTERVAL',
    value: ({ nll }) => (nll === null ? undefined : interval(nll, natsText)),
    align: 'right',
  },
  { title: 'P', value: ({ p }) => (p === null ? undefined : probability(p)), align: 'right' },
];

export function teacherWorthLines(worth: TeacherWorth): string[] {
  const { ensemble, teachers, split, margin } = worth;
  // Columns without any value are left out: teachers that the cluster runs itself have no paid calls.
  const costs = COSTS.filter(
    ({ title, value }) =>
      !['CALLS', 'PRICE'].includes(title) || teachers.some((row) => value(row) !== undefined),
  );
  const lines = tableLines(costs, teachers);
  const losses = teachers.flatMap(lossLines);
  if (losses.length > 0) lines.push('', ...tableLines(LOSSES, losses));
  lines.push('');
  if (ensemble !== undefined) {
    lines.push(
      `The ensemble (${ensemble.rule}) is right on ${percentText(ensemble.accuracy)} of ${countText(ensemble.sampleCount)} labelled ${split} samples.`,
    );
  }
  for (const { name, loss, student } of teachers) {
    if ('missing' in loss)
      lines.push(`Nothing is known of the ensemble without ${name}: ${loss.missing}.`);
    if (student !== undefined && 'missing' in student) {
      lines.push(`Nothing is known of students without ${name}: ${student.missing}.`);
    }
  }
  lines.push(
    'DEVICES are of this run; stored answers cost nothing. LOSS in points, NLL in nats: above 0, the teacher is missed.',
    ...worthSentences(teachers, margin),
    ...studentSentences(teachers, margin),
  );
  return lines;
}

function lossLines({ name, loss, student }: TeacherWorthRow): LossLine[] {
  const lines: LossLine[] = [];
  if (!('missing' in loss)) {
    const { accuracy, accuracyLoss, nllLoss, p } = loss;
    lines.push({ name, of: 'ensemble', accuracy, loss: accuracyLoss, nll: nllLoss, p });
  }
  if (student !== undefined && !('missing' in student)) {
    const { accuracy, accuracyLoss, without } = student;
    const of = `students (${without.length})`;
    lines.push({ name, of, accuracy, loss: accuracyLoss, nll: null, p: null });
  }
  return lines;
}

function studentSentences(teachers: readonly TeacherWorthRow[], margin: number): string[] {
  return teachers.flatMap(({ name, student }) => {
    if (student === undefined || 'missing' in student) return [];
    const { accuracyLoss, without } = student;
    // With few samples, all seeds may have the same accuracy by chance: an interval of width 0 says nothing.
    const isKnown = accuracyLoss.low < accuracyLoss.high;
    if (!isKnown || !isBelow(accuracyLoss, margin)) return [];
    const than = accuracyLoss.high < 0 ? ': they are better without it' : '';
    return [
      `By students ${name} could be dropped at a loss of ${lossText(accuracyLoss)} over ${without.length} paired seeds${than}.`,
    ];
  });
}

function interval({ low, high }: StudentLoss['accuracyLoss'], text: (value: number) => string) {
  return `${text(low)} to ${text(high)}`;
}

function natsText(nats: number): string {
  return signedText(nats, 4);
}
