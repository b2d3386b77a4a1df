/** A student's figures in detail, as text: on every split, against every teacher, and its worst classes. */
import type { Report, ReportFigures } from '@lyceum/coordinator/documents';
import {
  ONLY_CLASS_MEANS,
  onlyClassFound,
  type SplitFigures,
  studentOnSplits,
} from '@lyceum/dashboard/api';
import {
  type Column,
  countText,
  fixed,
  orUnknown,
  percentText,
  pluralText,
  tableLines,
} from './text/index.js';

const LABELLED: Column<SplitFigures> = {
  title: 'LABELLED',
  value: (r) => countText(r.labelledCount),
  align: 'right',
};

/** @param hasUnlabelled - some samples have no label: only agreement is of all samples then. */
const splitColumns = (hasUnlabelled: boolean): Column<SplitFigures>[] => [
  { title: 'STUDENT ON', value: (r) => r.split },
  { title: 'SAMPLES', value: (r) => countText(r.sampleCount), align: 'right' },
  ...(hasUnlabelled ? [LABELLED] : []),
  { title: 'ACCURACY', value: (r) => orUnknown(r.figures.accuracy, percentText), align: 'right' },
  { title: 'NLL', value: (r) => orUnknown(r.figures.nll, fixed), align: 'right' },
  { title: 'ECE', value: (r) => orUnknown(r.figures.ece, fixed), align: 'right' },
  { title: 'BRIER', value: (r) => orUnknown(r.figures.brier, fixed), align: 'right' },
  {
    title: 'AGREEMENT',
    value: (r) => orUnknown(r.figures.agreementWithEnsemble, percentText),
    align: 'right',
  },
];

/** The student's figures on the measured samples of each split. */
export function splitLines(report: Report): string[] {
  const rows = studentOnSplits(report);
  const hasUnlabelled = rows.some((row) => row.labelledCount < row.sampleCount);
  return tableLines(splitColumns(hasUnlabelled), rows);
}

type Fidelity = ReportFigures['fidelity'][number];

interface FidelityRow {
  readonly name: string;
  readonly train: Fidelity | undefined;
  readonly test: Fidelity;
}

const FIDELITY_COLUMNS: readonly Column<FidelityRow>[] = [
  { title: 'STUDENT AGAINST', value: (r) => r.name },
  {
    title: 'AGREEMENT (TRAIN)',
    value: (r) => orUnknown(r.train?.agreement, percentText),
    align: 'right',
  },
  { title: 'KL (TRAIN)', value: (r) => orUnknown(r.train?.kl, fixed), align: 'right' },
  { title: 'AGREEMENT', value: (r) => orUnknown(r.test.agreement, percentText), align: 'right' },
  { title: 'KL', value: (r) => orUnknown(r.test.kl, fixed), align: 'right' },
  {
    title: 'WHERE IT IS WRONG',
    value: (r) => orUnknown(r.test.agreementWhereWrong, percentText),
    align: 'right',
  },
];

/** The student against the ensemble and the teachers; empty for a run without teachers. */
export function fidelityLines({ student }: Report): string[] {
  if (student.fidelity.length === 0) return [];
  const rows = student.fidelity.map((test) => ({
    name: test.to.replace(/^teacher\./, 'teacher '),
    train: student.train.fidelity.find(({ to }) => to === test.to),
    test,
  }));
  return tableLines(FIDELITY_COLUMNS, rows);
}

/** Number of classes shown; the JSON has all. */
const WORST_COUNT = 5;

/**
 * `Of the test split's classes the student knows least: 8 (eight) 71.00 %, …`, or that it finds one class alone.
 * Undefined: no recall is known, or every known recall is 100 %.
 */
export function worstRecallText(report: Report): string | undefined {
  const { student, dataset } = report;
  const known = [...(student.perClassRecall ?? []).entries()].filter(
    (entry): entry is [number, number] => entry[1] !== null,
  );
  const title = (c: number) => {
    const name = dataset.classNames[c];
    return name === undefined || name === String(c) ? String(c) : `${c} (${name})`;
  };
  const only = onlyClassFound(report);
  if (only !== undefined) {
    return `Of the test split's classes the student finds ${title(only)} ${ONLY_CLASS_MEANS}`;
  }
  const missed = known.filter(([, recall]) => recall < 1);
  if (missed.length === 0) return undefined;
  const worst = missed.sort(([, a], [, b]) => a - b).slice(0, WORST_COUNT);
  const shown = worst.map(([c, recall]) => `${title(c)} ${percentText(recall)}`);
  return `Of the test split's classes the student knows least: ${shown.join(', ')}.`;
}

/** `300 test samples`, or `300 test samples, 6 of them with a label`. */
export function samplesText(sampleCount: number, split: string, labelledCount: number): string {
  const all = pluralText(sampleCount, `${split} sample`);
  return labelledCount === sampleCount
    ? all
    : `${all}, ${countText(labelledCount)} of them with a label`;
}

/** `knows 3 of 10 classes`. */
export function knownClassesText(knownClassCount: number, classCount: number): string {
  return `knows ${countText(knownClassCount)} of ${countText(classCount)} classes`;
}
