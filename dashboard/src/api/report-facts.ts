/** Facts derived from a report, the same for the page, the command line and model cards. Pure. */
import type { Report, ReportFigures } from '@lyceum/coordinator/documents';

/** A difference with a smaller p counts as real. */
const CHANCE_P = 0.05;

/** @param p - of McNemar's exact test of two models on the same samples. */
export function isByChance(p: number): boolean {
  return p >= CHANCE_P;
}

/** Whether the gain from the teachers may be chance; false if the gain is not known. */
export function mayBeChance({ teachersGain }: Report): boolean {
  return teachersGain !== null && isByChance(teachersGain.p);
}

/**
 * Share of the gap to the ensemble that the teachers closed. Undefined: the share is not known, the student is worse
 * than without teachers, or the difference may be chance.
 */
export function closedGap(report: Report): number | undefined {
  const { gapClosed } = report;
  return gapClosed === null || gapClosed < 0 || mayBeChance(report) ? undefined : gapClosed;
}

/**
 * The one class of the test split that the student ever finds, which a good accuracy hides where most samples are of
 * that class. Undefined: it finds several or none, or the split has only one.
 */
export function onlyClassFound({ student }: Report): number | undefined {
  const recalls = student.perClassRecall ?? [];
  const tested = recalls.filter((recall) => recall !== null);
  const found = [...recalls.keys()].filter((index) => (recalls[index] ?? 0) > 0);
  return tested.length > 1 && found.length === 1 ? found[0] : undefined;
}

/** What {@link onlyClassFound} means, after the class. */
export const ONLY_CLASS_MEANS =
  'alone: always to answer that would be right as often, or more often.';

/** The teachers that the ensemble's rule combined. */
export function combinedTeachers({ teachers, ensemble }: Report): Report['teachers'] {
  const names = ensemble?.teachers ?? [];
  return names.length === 0 ? teachers : teachers.filter(({ name }) => names.includes(name));
}

/** A student's figures on one split. */
export interface SplitFigures {
  readonly split: 'train' | 'validation' | 'test';
  /** Samples that were measured; figures that need labels are of the labelled ones. */
  readonly sampleCount: number;
  readonly labelledCount: number;
  readonly figures: ReportFigures;
}

export function studentOnSplits(report: Report): SplitFigures[] {
  const { student } = report;
  return [
    {
      split: 'train',
      sampleCount: report.measuredTrainCount,
      labelledCount: report.labelledMeasuredTrainCount,
      figures: student.train,
    },
    {
      split: 'validation',
      sampleCount: report.dataset.validationCount,
      labelledCount: report.labelledValidationCount,
      figures: student.validation,
    },
    {
      split: 'test',
      sampleCount: report.testSampleCount,
      labelledCount: report.labelledTestCount,
      figures: student,
    },
  ];
}
