/** What each teacher did for a run, and what is wrong with it. */
import type { TeacherFacts } from '../api/index.js';
import { DataTable } from './data-table.js';
import { durationText, orNotKnown, percentText } from './numbers.js';

type Teacher = Pick<
  TeacherFacts,
  'name' | 'share' | 'disagreement' | 'latencyMs' | 'deviceSeconds' | 'problems'
>;

interface TeachersTableProps {
  readonly teachers: readonly Teacher[];
  /** Name of the one to look at first. */
  readonly worst?: string;
}

export function TeachersTable({ teachers, worst }: TeachersTableProps) {
  return (
    <DataTable<Teacher>
      caption="Teachers of this run"
      columns={[
        { title: 'Teacher', value: ({ name }) => name },
        {
          title: 'Share',
          hint: 'Share of the targets that it contributed to',
          value: ({ share }) => orNotKnown(share, percentText),
          isNumber: true,
        },
        {
          title: 'Disagreement',
          hint: 'Share of samples on which it names another class than the combined target',
          value: ({ disagreement }) => orNotKnown(disagreement, percentText),
          isNumber: true,
        },
        {
          title: 'Latency',
          hint: "From a ticket's issue to its last answer",
          value: ({ latencyMs }) => orNotKnown(latencyMs, (ms) => durationText(ms / 1000)),
          isNumber: true,
        },
        {
          title: 'Device time',
          value: ({ deviceSeconds }) => durationText(deviceSeconds),
          isNumber: true,
        },
        {
          title: 'Problems',
          value: ({ problems }) =>
            problems.length === 0 ? (
              'none known'
            ) : (
              <ul class="problems">
                {problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            ),
        },
      ]}
      rows={teachers}
      isMain={({ name }) => name === worst}
    />
  );
}
