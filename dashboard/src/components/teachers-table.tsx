/** The teachers of a run: their part in the targets, their speed, and their problems. */
import type { TeacherFacts } from '../api/index.js';
import { DataTable } from './data-table.js';
import { durationText, orNotKnown, percentText } from './numbers.js';

/** Numbers are null if they are not known. */
export interface TeacherRow
  extends Pick<TeacherFacts, 'name' | 'share' | 'disagreement' | 'latencyMs' | 'problems'> {
  readonly deviceSeconds: number | null;
}

interface TeachersTableProps {
  readonly teachers: readonly TeacherRow[];
  /** Name of the teacher to highlight. */
  readonly worst?: string;
}

export function TeachersTable({ teachers, worst }: TeachersTableProps) {
  return (
    <DataTable<TeacherRow>
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
          value: ({ deviceSeconds }) => orNotKnown(deviceSeconds, durationText),
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
