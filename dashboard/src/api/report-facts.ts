/** What follows from a report, whoever tells it: the page, the command line, a model card. Pure. */
import type { Report } from '@lyceum/coordinator/documents';

/** A difference with a smaller p is held to be real. */
const CHANCE_P = 0.05;

/** @param p - McNemar's exact one, of two models on the same samples. */
export function isByChance(p: number): boolean {
  return p >= CHANCE_P;
}

/** Whether the student may be as good without teachers; false where nothing is known of it. */
export function mayBeChance({ teachersGain }: Report): boolean {
  return teachersGain !== null && isByChance(teachersGain.p);
}

/**
 * Share of the gap to the ensemble that the teachers closed; undefined: it is not known, the student fell behind, or the
 * difference may be chance.
 */
export function closedGap(report: Report): number | undefined {
  const { gapClosed } = report;
  return gapClosed === null || gapClosed < 0 || mayBeChance(report) ? undefined : gapClosed;
}

/** Teachers that the ensemble's rule has combined. */
export function combinedTeachers({ teachers, ensemble }: Report): Report['teachers'] {
  const names = ensemble?.teachers ?? [];
  return names.length === 0 ? teachers : teachers.filter(({ name }) => names.includes(name));
}
