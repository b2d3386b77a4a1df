/** Device time and other costs of runs, summed. Pure. */
import type { Report } from '@lyceum/coordinator/documents';
import type { Run } from '@lyceum/proto';

export type CostsBy = 'run' | 'team' | 'teacher';

export interface CostRow {
  /** A run's id, a team's name (empty: none), or a teacher's name in runs. */
  readonly name: string;
  /** A teacher's identity, hex; else empty. */
  readonly identity: string;
  readonly runCount: number;
  /** Null for a teacher's row, which trains no student. */
  readonly studentDeviceSeconds: number | null;
  readonly teacherDeviceSeconds: number;
  /** Number of samples that teachers answered. */
  readonly sampleCount: number;
}

/** The most expensive first; runs without figures are left out. */
export function costsBy(runs: readonly Run[], by: CostsBy): CostRow[] {
  const rows = new Map<string, CostRow>();
  for (const part of runs.flatMap((run) => partsOf(run, by))) {
    const key = part.identity === '' ? part.name : part.identity;
    rows.set(key, added(rows.get(key), part));
  }
  return [...rows.values()].sort((a, b) => deviceSeconds(b) - deviceSeconds(a));
}

export function deviceSeconds(row: CostRow): number {
  return (row.studentDeviceSeconds ?? 0) + row.teacherDeviceSeconds;
}

/** A run's cost, for tables of several runs; null: its report does not tell. */
export interface RunExpense {
  readonly runId: string;
  /** Of student and teachers together. */
  readonly deviceSeconds: number | null;
  /** Share of its training time that the student waited for targets. */
  readonly waitingShare: number | null;
  readonly wallSeconds: number;
}

export function runExpense({ runId, cost, training, wallSeconds }: Report): RunExpense {
  const { seconds, waitingSeconds } = training;
  return {
    runId,
    deviceSeconds: cost
      ? sum([cost.studentDeviceSeconds, ...cost.teachers.map((own) => own.deviceSeconds)])
      : null,
    waitingShare: seconds > 0 ? waitingSeconds / seconds : null,
    wallSeconds,
  };
}

function partsOf({ runId, team, cost, teacherIdentities }: Run, by: CostsBy): CostRow[] {
  if (cost === undefined) return [];
  const { studentDeviceSeconds, teachers } = cost;
  const ofTeachers = teachers.map((teacher, index) => ({
    name: teacher.name,
    identity: teacherIdentities[index] ?? '',
    runCount: 1,
    studentDeviceSeconds: null,
    teacherDeviceSeconds: teacher.deviceSeconds,
    sampleCount: teacher.sampleCount,
  }));
  if (by === 'teacher') return ofTeachers;
  const name = by === 'run' ? runId : team;
  return [
    {
      name,
      identity: '',
      runCount: 1,
      studentDeviceSeconds,
      teacherDeviceSeconds: sum(ofTeachers.map((teacher) => teacher.teacherDeviceSeconds)),
      sampleCount: sum(ofTeachers.map((teacher) => teacher.sampleCount)),
    },
  ];
}

function added(known: CostRow | undefined, part: CostRow): CostRow {
  if (known === undefined) return part;
  const names = known.name.split(', ');
  return {
    ...known,
    name: names.includes(part.name) ? known.name : [...names, part.name].join(', '),
    runCount: known.runCount + part.runCount,
    studentDeviceSeconds:
      known.studentDeviceSeconds === null
        ? null
        : known.studentDeviceSeconds + (part.studentDeviceSeconds ?? 0),
    teacherDeviceSeconds: known.teacherDeviceSeconds + part.teacherDeviceSeconds,
    sampleCount: known.sampleCount + part.sampleCount,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
