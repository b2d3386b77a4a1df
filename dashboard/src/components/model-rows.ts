/** The report's models as rows of the table of figures. Pure. */
import { combinedTeachers, type Report } from '../api/index.js';
import type { FiguresRow } from './figures-table.js';

type ModelRow = Report['teachers'][number] | Report['student'] | NonNullable<Report['ensemble']>;

/**
 * The student comes first, because the report is about it.
 *
 * @param sampleCount - number of labelled samples behind the accuracies.
 */
export function modelRows(report: Report, sampleCount: number): FiguresRow[] {
  const row = (name: string, model: ModelRow, parts: readonly ModelRow[] = [model]): FiguresRow => {
    // The size of a model that another program runs is not known; then the size of its ensemble is not known, too.
    const isKnown = parts.every(({ parameters }) => parameters > 0);
    return {
      name,
      accuracy: model.accuracy,
      sampleCount,
      nll: model.nll,
      ece: model.ece,
      brier: model.brier,
      agreement: model.agreementWithEnsemble,
      parameters: isKnown ? model.parameters : null,
      bytes: isKnown ? model.bytes : null,
      latencyMs: model.latencyBatch1Ms,
    };
  };
  const { student, studentWithoutTeachers, studentAllLabels, ensemble, teachers } = report;
  return [
    { ...row('student', student), isMain: true },
    ...(studentWithoutTeachers === null
      ? []
      : [row('student without teachers', studentWithoutTeachers)]),
    ...(studentAllLabels === null ? [] : [row('student with all labels', studentAllLabels)]),
    ...(ensemble === null
      ? []
      : [row(`ensemble (${ensemble.combine})`, ensemble, combinedTeachers(report))]),
    ...teachers.map((teacher) => row(`teacher ${teacher.name}`, teacher)),
  ];
}
