/** Sections of the report: the teachers, and the cost of the run. */
import {
  CostTable,
  countText,
  durationText,
  KeyValues,
  percentText,
  pluralText,
  type TeacherRow,
  TeachersTable,
  WorthTable,
} from '../components/index.js';
import { meanOverRun } from './history-charts.js';
import { isMissing, type ReportInput } from './report-input.js';

export function TeachersSection(input: ReportInput) {
  const { teacherWarnings } = input.report;
  const teachers = reportTeachers(input);
  if (teachers.length === 0) return null;
  return (
    <section>
      <h2>Teachers</h2>
      <TeachersTable teachers={teachers} />
      {teachers.length > 1 && <WorthTable report={input.report} />}
      {teacherWarnings.length > 0 && (
        <ul class="problems">
          {teacherWarnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The report's facts about each teacher. */
function reportTeachers({ report, history, cost }: ReportInput): TeacherRow[] {
  const { teachers, contributors, teacherKnowledge } = report;
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

type Knowledge = ReportInput['report']['teacherKnowledge'][number];

function knowledgeProblems({ finding, accuracy, labelledCount, accepted }: Knowledge): string[] {
  if (finding === null) return [];
  const right =
    accuracy === null
      ? ''
      : `, right on ${percentText(accuracy)} of ${pluralText(labelledCount, 'row')}`;
  const what = finding === 'constant' ? 'says the same of every sample' : 'no better than chance';
  return [`${what}${right}${accepted ? '; accepted by the run' : ''}`];
}

export function CostSection({ report, cost }: ReportInput) {
  const { training, wallSeconds, samplesPerSecond } = report;
  const waiting = training.seconds > 0 ? training.waitingSeconds / training.seconds : 0;
  return (
    <section>
      <h2>Cost</h2>
      <KeyValues
        entries={[
          ['From submit to end', durationText(wallSeconds)],
          [
            'Training',
            `${durationText(training.seconds)}, ${percentText(waiting)} of it waiting for targets`,
          ],
          ['Samples per second', countText(samplesPerSecond)],
        ]}
      />
      {isMissing(cost) ? <p>Device time is left out: {cost.missing}.</p> : <CostTable {...cost} />}
    </section>
  );
}
