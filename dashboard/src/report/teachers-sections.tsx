/** What the teachers did, and what everything cost. */
import {
  CostTable,
  durationText,
  KeyValues,
  percentText,
  TeachersTable,
  WorthTable,
} from '../components/index.js';
import { isMissing, type ReportInput } from './report-input.js';
import { reportTeachers } from './report-teachers.js';

export function TeachersSection(input: ReportInput) {
  const { teacherWarnings = [] } = input.report;
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
          ['Samples per second', samplesPerSecond.toFixed(0)],
        ]}
      />
      {isMissing(cost) ? <p>Device time is left out: {cost.missing}.</p> : <CostTable {...cost} />}
    </section>
  );
}
