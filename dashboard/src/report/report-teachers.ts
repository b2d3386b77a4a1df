/** What a report knows of each teacher, for the teachers' table. Pure. */
import { percentText, type TeacherRow } from '../components/index.js';
import { meanOverRun } from './history-charts.js';
import { isMissing, type ReportInput } from './report-input.js';

export function reportTeachers({ report, history, cost }: ReportInput): TeacherRow[] {
  const { teachers, contributors, teacherKnowledge = [] } = report;
  const mean = (name: string, what: string) =>
    isMissing(history) ? null : meanOverRun(history, `teacher.${name}.${what}`);
  return teachers.map(({ name }) => {
    const knowledge = teacherKnowledge.find((one) => one.name === name);
    return {
      name,
      share: contributors?.teachers.find((one) => one.name === name)?.share ?? null,
      disagreement: mean(name, 'disagreement'),
      latencyMs: mean(name, 'latencyMs'),
      deviceSeconds: isMissing(cost)
        ? null
        : (cost.teachers.find((one) => one.name === name)?.deviceSeconds ?? null),
      problems: knowledge === undefined ? [] : knowledgeProblems(knowledge),
    };
  });
}

type Knowledge = NonNullable<ReportInput['report']['teacherKnowledge']>[number];

function knowledgeProblems({ finding, accuracy, rowCount, accepted }: Knowledge): string[] {
  if (finding === null) return [];
  const right = accuracy === null ? '' : `, right on ${percentText(accuracy)} of ${rowCount} rows`;
  const what = finding === 'constant' ? 'says the same of every sample' : 'no better than chance';
  return [`${what}${right}${accepted === true ? '; accepted by the run' : ''}`];
}
