/** The cost of a run: device time of each model. */
import { type Column, DataTable } from './data-table.js';
import { countText, durationText, orNotKnown } from './numbers.js';

export interface TeacherCost {
  readonly name: string;
  readonly deviceSeconds: number;
  /** Samples answered for this run, without those from the store. Null: not known. */
  readonly sampleCount: number | null;
}

interface CostTableProps {
  readonly studentDeviceSeconds: number;
  readonly teachers: readonly TeacherCost[];
}

const SAMPLES: Column<TeacherCost> = {
  title: 'Samples answered',
  value: ({ sampleCount }) => orNotKnown(sampleCount, countText),
  isNumber: true,
};

export function CostTable({ studentDeviceSeconds, teachers }: CostTableProps) {
  const rows = [
    { name: 'student', deviceSeconds: studentDeviceSeconds, sampleCount: null },
    ...teachers.map((teacher) => ({ ...teacher, name: `teacher ${teacher.name}` })),
  ];
  const total = rows.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0);
  return (
    <DataTable<TeacherCost>
      caption="Time that devices computed for this run, over all its attempts"
      columns={[
        { title: 'Model', value: ({ name }) => name },
        {
          title: 'Device time',
          value: ({ deviceSeconds }) => durationText(deviceSeconds),
          isNumber: true,
        },
        ...(rows.some(({ sampleCount }) => sampleCount !== null) ? [SAMPLES] : []),
      ]}
      rows={[...rows, { name: 'all', deviceSeconds: total, sampleCount: null }]}
      isMain={({ name }) => name === 'all'}
    />
  );
}
