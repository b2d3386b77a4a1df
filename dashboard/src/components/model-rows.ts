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
    // The size of a model that another program runs is not known, and a final answer is not timed. If a figure of one
    // teacher is not known, that of its ensemble is not known either.
    const isKnown = parts.every(({ parameters }) => parameters > 0);
    const isTimed = parts.every(({ latencyBatch1Ms }) => latencyBatch1Ms > 0);
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
      latencyMs: isTimed ? model.latencyBatch1Ms : null,
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
