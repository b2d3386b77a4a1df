/** What a report says of the student, in a few sentences. Pure. */
import type { Report } from '../../../api/index.js';
import { type FiguresRow, percentText } from '../../../components/index.js';

type Model = Report['student'] | NonNullable<Report['ensemble']>;

export function verdict(report: Report): string {
  const { student, ensemble, studentWithoutTeachers, gapClosed } = report;
  if (student.accuracy === null) return 'The test split has no labels: nothing is known.';
  const sentences = [
    `The student is right for ${percentText(student.accuracy)} of the test samples`,
  ];
  if (ensemble !== null)
    sentences.push(against(student.accuracy, ensemble.accuracy, 'the ensemble'));
  if (studentWithoutTeachers !== null) {
    sentences.push(
      against(
        student.accuracy,
        studentWithoutTeachers.accuracy,
        'the same student without teachers',
      ),
    );
  }
  const said = `${sentences.filter((text) => text !== '').join(', ')}.`;
  const closed =
    gapClosed === null ? '' : ` It closes ${percentText(gapClosed, 0)} of the gap to the ensemble.`;
  return said + closed + (ensemble === null ? '' : smaller(student, ensemble));
}

function against(own: number, other: number | null, name: string): string {
  if (other === null) return '';
  const points = Math.abs(own - other) * 100;
  const far = `${points.toFixed(1)} points`;
  return points < 0.05
    ? `as often as ${name}`
    : `${far} ${own < other ? 'less' : 'more'} than ${name}`;
}

function smaller(student: Model, ensemble: Model): string {
  const size = ensemble.bytes / student.bytes;
  const time = ensemble.latencyBatch1Ms / student.latencyBatch1Ms;
  if (!(size > 1 && time > 1 && Number.isFinite(size) && Number.isFinite(time))) return '';
  return ` It has 1/${times(size)} of the ensemble's bytes and takes 1/${times(time)} of its time for a sample.`;
}

function times(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0);
}

export function figuresRows(report: Report): FiguresRow[] {
  const { student, ensemble, studentWithoutTeachers, studentAllLabels, teachers } = report;
  const row = (name: string, model: Model | Report['teachers'][number] | null): FiguresRow[] =>
    model === null
      ? []
      : [
          {
            name,
            accuracy: model.accuracy,
            sampleCount: report.testSampleCount,
            nll: model.nll,
            ece: model.ece,
            brier: model.brier,
            agreement: model.agreementWithEnsemble,
            parameters: model.parameters,
            bytes: model.bytes,
            latencyMs: model.latencyBatch1Ms,
            isMain: name === 'student',
          },
        ];
  return [
    ...row('student', student),
    ...row('ensemble', ensemble),
    ...row('student without teachers', studentWithoutTeachers),
    ...row('student with all labels', studentAllLabels),
    ...teachers.flatMap((teacher) => row(`teacher ${teacher.name}`, teacher)),
  ];
}
