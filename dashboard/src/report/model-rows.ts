/** The report's models as rows of the table of figures. Pure. */
import type { Findings, Report } from '../api/index.js';
import type { FiguresRow } from '../components/index.js';
import { isMissing, type Missing } from './report-input.js';

type ModelRow = Report['teachers'][number] | Report['student'] | NonNullable<Report['ensemble']>;

/** The student first: it is what the report is about. */
export function modelRows(report: Report, findings: Findings | Missing): FiguresRow[] {
  const sampleCount = labelledTestCount(report, findings);
  const row = (name: string, model: ModelRow, parts: readonly ModelRow[] = [model]): FiguresRow => {
    // Of a model that somebody else runs nobody knows its size, and then not its ensemble's either.
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

/** Samples that accuracies are of: the findings know how many have a label. */
export function labelledTestCount(report: Report, findings: Findings | Missing): number {
  return isMissing(findings) ? report.testSampleCount : findings.sampleCount;
}

/** Teachers that the ensemble's rule has combined. */
export function combinedTeachers({ teachers, ensemble }: Report): Report['teachers'] {
  const names = ensemble?.teachers ?? [];
  return names.length === 0 ? teachers : teachers.filter(({ name }) => names.includes(name));
}
