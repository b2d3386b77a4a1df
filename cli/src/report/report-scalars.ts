/** The scalars of an ended run for TensorBoard: its history, and its figures at the last step. Pure. */
import type { ReportInput } from '@lyceum/dashboard/report';
import { historyScalars, type Scalars } from '@lyceum/learning/tensorboard';

const FIGURES = ['accuracy', 'nll', 'ece', 'brier'] as const;

export function reportScalars({ report, history, endedAtMs }: ReportInput): Scalars[] {
  const endedSeconds = endedAtMs / 1000;
  const { stepCount, seconds } = report.training;
  const figures = { step: stepCount, wallSeconds: endedSeconds, values: figureValues(report) };
  if ('missing' in history) return [figures];
  return [...historyScalars(history, endedSeconds - seconds), figures];
}

function figureValues(report: ReportInput['report']): [string, number][] {
  const { student, studentWithoutTeachers, studentAllLabels, ensemble, teachers } = report;
  const models = [
    ['student', student],
    ['studentWithoutTeachers', studentWithoutTeachers],
    ['studentAllLabels', studentAllLabels],
    ['ensemble', ensemble],
    ...teachers.map((teacher) => [`teacher.${teacher.name}`, teacher] as const),
  ] as const;
  return models.flatMap(([name, row]) =>
    row === null
      ? []
      : (
          [
            ['test', row],
            ['validation', row.validation],
          ] as const
        ).flatMap(([split, figures]) =>
          FIGURES.flatMap((figure): [string, number][] => {
            const value = figures[figure];
            return value === null ? [] : [[`${split}.${figure}/${name}`, value]];
          }),
        ),
  );
}
