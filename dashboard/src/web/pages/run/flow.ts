/** The way of a batch from the ticket to the student's step, with the newest numbers. Pure. */
import type { Bottleneck, HistoryFacts, RunFacts } from '../../../api/index.js';
import { countText, durationText } from '../../../components/index.js';
import { numberText, shareText } from '../../parts/texts.js';
import { newest, pace } from './words.js';

export interface Station {
  readonly name: string;
  /** What happens at the station. */
  readonly does: string;
  readonly lines: readonly StationLine[];
  readonly isBottleneck: boolean;
}

interface StationLine {
  readonly name: string;
  readonly value: string;
}

/** Number of teachers that are named; further ones are only counted. */
const TEACHERS_SHOWN = 5;

type StationName = 'tickets' | 'teachers' | 'coordinator' | 'student';

/** The station of each bottleneck, without bottlenecks that are at no station. */
const WHERE: Readonly<Partial<Record<Bottleneck['name'], StationName>>> = {
  teachers: 'teachers',
  coordinator: 'coordinator',
  fitting: 'coordinator',
  student: 'student',
  evaluation: 'student',
};

export function stationsOf(run: RunFacts, history: HistoryFacts | null): Station[] {
  const slow = pace(run);
  const where = slow === null ? undefined : WHERE[slow];
  const station = (name: StationName, does: string, lines: readonly StationLine[]): Station => ({
    name,
    does,
    lines,
    isBottleneck: name === where,
  });
  const student = station('student', 'takes a step a batch', [
    {
      name: 'samples/s',
      value: run.samplesPerSecond === 0 ? '–' : numberText(run.samplesPerSecond),
    },
    { name: 'waiting', value: shareText(run.waitingShare) },
  ]);
  if (run.teachers.length === 0) return [student];
  return [
    station('tickets', 'ask for spans ahead', [
      { name: 'open spans', value: numberText(newest(history, 'openSpans')) },
    ]),
    station('teachers', 'answer, slowest first', teacherLines(run)),
    station('coordinator', 'combines answers', [
      { name: 'from the store', value: shareText(newest(history, 'storeShare')) },
      { name: 'with all teachers', value: shareText(1 - run.degradedShare) },
    ]),
    student,
  ];
}

function teacherLines({ teachers }: RunFacts): StationLine[] {
  const slowestFirst = [...teachers].sort((a, b) => (b.latencyMs ?? 0) - (a.latencyMs ?? 0));
  const lines = slowestFirst.slice(0, TEACHERS_SHOWN).map(({ name, latencyMs }) => ({
    name,
    value: latencyMs === null ? '–' : durationText(latencyMs / 1000),
  }));
  const more = teachers.length - lines.length;
  return more > 0 ? [...lines, { name: `and ${countText(more)} more`, value: '' }] : lines;
}
