/** A report's verdict on the student, in a few sentences. Pure. */
import { closedGap, combinedTeachers, mayBeChance, type Report } from '../../../api/index.js';
import { percentText } from '../../../components/index.js';

export function verdict(report: Report): string {
  const { student, ensemble, studentWithoutTeachers } = report;
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
  const gap = closedGap(report);
  const closed = mayBeChance(report)
    ? ' The difference from the same student without teachers may be chance.'
    : gap === undefined
      ? ''
      : ` It closes ${percentText(gap, 0)} of the gap to the ensemble.`;
  return said + closed + smaller(report);
}

function against(own: number, other: number | null, name: string): string {
  if (other === null) return '';
  const points = Math.abs(own - other) * 100;
  const far = `${points.toFixed(1)} points`;
  return points < 0.05
    ? `as often as ${name}`
    : `${far} ${own < other ? 'less' : 'more'} than ${name}`;
}

/**
 * How much smaller the student is than the ensemble. Empty if the student is not smaller, or if a teacher's size is
 * not known because another program runs it.
 */
function smaller(report: Report): string {
  const parts = [report.student, ...combinedTeachers(report)];
  if (report.ensemble === null || parts.some(({ parameters }) => parameters === 0)) return '';
  const times = report.ensemble.parameters / report.student.parameters;
  if (times <= 1) return '';
  return ` It has 1/${times < 10 ? times.toFixed(1) : times.toFixed(0)} of the ensemble's parameters.`;
}
