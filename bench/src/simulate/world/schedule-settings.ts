/** The settings of one schedule: its runs, its workers and its blows, all drawn from one random stream. */
import { SPAN_BYTES, type SpanGrid, spanGrid } from '@lyceum/coordinator/schedule';
import { stepPlan } from '@lyceum/learning/orders';
import type { RandomStream } from './random-stream.js';

/** Blows that a schedule can deal. */
export type Blow =
  | 'teacher-dies'
  | 'teacher-stops'
  | 'teacher-leaves'
  | 'model-swapped'
  | 'student-dies'
  | 'student-stops'
  | 'stream-breaks'
  | 'run-held'
  | 'coordinator-dies'
  | 'coordinator-stops'
  | 'queue-away'
  | 'queue-lost'
  | 'store-wiped'
  | 'answers-damaged'
  | 'answers-wiped';

const BLOWS: readonly Blow[] = [
  'teacher-dies',
  'teacher-stops',
  'teacher-leaves',
  'model-swapped',
  'student-dies',
  'student-stops',
  'stream-breaks',
  'run-held',
  'coordinator-dies',
  'coordinator-stops',
  'queue-away',
  'queue-lost',
  'store-wiped',
  'answers-damaged',
  'answers-wiped',
];

/** The longest delay of an answer: longer than the deadlines of quorums. */
export const SLOW_MS = 5_000;

export interface RunSettings {
  readonly runId: string;
  readonly grid: SpanGrid;
  readonly orderSeed: number;
  /** Epoch e has view e mod `viewCycle`. */
  readonly viewCycle: number;
  /** Teacher numbers in ensemble order; one may come twice. */
  readonly teachers: readonly number[];
  readonly windowSteps: number;
  /** Steps of credit that the run's student asks for beyond the steps done. */
  readonly creditSteps: number;
  readonly checkpointEverySteps: number;
  /** Steps whose answers are read at a time. */
  readonly stepsPerPiece: number;
  readonly submittedAtMs: number;
  /** The quorum; absent: targets are made of all teachers. */
  readonly quorum: { readonly count: number; readonly deadlineMs: number } | undefined;
}

export interface ScheduleSettings {
  readonly sampleCount: number;
  readonly teacherCount: number;
  readonly runs: readonly RunSettings[];
  /** A teacher that no worker has. Every run can do without this teacher. */
  readonly absentTeacher: number | undefined;
  /** A teacher that takes up to {@link SLOW_MS} longer to answer while things fail. */
  readonly slowTeacher: number | undefined;
  /** By teacher: true if all its workers ask one server, false if each worker computes by itself. */
  readonly isShared: readonly boolean[];
  /** Teachers that each teacher worker has. */
  readonly workers: readonly (readonly number[])[];
  readonly ticketsInHand: number;
  /** Upper bounds of durations, ms. */
  readonly stepMs: number;
  readonly inferMs: number;
  readonly networkMs: number;
  readonly blows: readonly { readonly atMs: number; readonly blow: Blow }[];
  /** The moment after which nothing fails any more, ms. */
  readonly calmMs: number;
  /** Probabilities, for each answer, ticket or message. */
  readonly wrongAnswer: number;
  readonly doubleAnswer: number;
  readonly lateAnswer: number;
  readonly returned: number;
  readonly silent: number;
  readonly refusedTicket: number;
  readonly unpublished: number;
  readonly doubleCredit: number;
  readonly reorder: number;
  readonly doubleDelivery: number;
  readonly slowRead: number;
  readonly slowFrame: number;
  /** All answers to this teacher's first span are wrong. */
  readonly poisonedTeacher: number | undefined;
}

export function scheduleSettings(random: RandomStream): ScheduleSettings {
  const sampleCount = random.whole(5, 24);
  const teacherCount = random.whole(1, 3);
  const calmMs = random.pick([0, 300, 2_000, 40_000]);
  // A schedule has troubles of only a few kinds, so that each kind also occurs alone.
  const some = (probability: number) => (random.chance(0.3) ? probability * random.next() : 0);
  const all = runs(random, sampleCount, teacherCount);
  const absentTeacher = absent(random, teacherCount, all);
  return {
    sampleCount,
    teacherCount,
    runs: all,
    absentTeacher,
    slowTeacher: random.chance(0.3) ? random.whole(0, teacherCount - 1) : undefined,
    isShared: Array.from({ length: teacherCount }, () => random.chance(0.7)),
    workers: workers(random, teacherCount, absentTeacher),
    ticketsInHand: random.whole(1, 3),
    stepMs: random.pick([1, 20, 200]),
    inferMs: random.pick([2, 50, 600]),
    networkMs: random.pick([0, 2, 30]),
    blows: blows(
      random,
      calmMs,
      all.some(({ quorum }) => quorum !== undefined),
    ),
    calmMs,
    wrongAnswer: some(0.3),
    doubleAnswer: some(0.5),
    lateAnswer: some(0.3),
    returned: some(0.5),
    silent: random.chance(0.02) ? 0.05 : 0,
    refusedTicket: some(0.1),
    unpublished: some(0.5),
    doubleCredit: some(0.5),
    reorder: some(1),
    doubleDelivery: some(0.3),
    slowRead: some(0.5),
    slowFrame: some(1),
    poisonedTeacher: random.chance(0.03) ? random.whole(0, teacherCount - 1) : undefined,
  };
}

function runs(random: RandomStream, sampleCount: number, teacherCount: number): RunSettings[] {
  const all: RunSettings[] = [];
  const count = random.whole(1, 2);
  // Two runs of equal settings ask equal tickets.
  const equal = random.chance(0.5);
  for (let index = 0; index < count; index++) {
    const [first] = all;
    const settings = first !== undefined && equal ? first : run(random, sampleCount, teacherCount);
    const submittedAtMs = index === 0 ? 0 : random.pick([0, 10, 500]);
    all.push({ ...settings, runId: `run${index}`, submittedAtMs });
  }
  return all;
}

function run(random: RandomStream, sampleCount: number, teacherCount: number): RunSettings {
  const batchSize = random.whole(1, 5);
  const plan = stepPlan({ sampleCount, batchSize, steps: random.whole(1, 20) });
  const grid = spanGrid(plan, SPAN_BYTES / random.pick([1, 4, 8]));
  const teachers = Array.from({ length: random.whole(1, 3) }, () =>
    random.whole(0, teacherCount - 1),
  );
  const windowSteps = random.pick([1, 3, 2 * grid.stepsPerSpan, 4 * grid.stepsPerSpan]);
  return {
    runId: '',
    grid,
    orderSeed: random.whole(0, 1),
    viewCycle: random.pick([1, 2, 100]),
    teachers,
    windowSteps,
    creditSteps: random.pick([1, 2, windowSteps]),
    checkpointEverySteps: random.whole(1, 6),
    stepsPerPiece: random.pick([1, 2, 100]),
    submittedAtMs: 0,
    quorum: quorum(random, teachers.length),
  };
}

function quorum(random: RandomStream, teacherCount: number): RunSettings['quorum'] {
  if (teacherCount === 1 || random.chance(0.5)) return undefined;
  const count = random.whole(1, teacherCount - 1);
  return { count, deadlineMs: random.pick([1, 300, 3_000]) };
}

function absent(
  random: RandomStream,
  teacherCount: number,
  all: readonly RunSettings[],
): number | undefined {
  const teacher = random.whole(0, teacherCount - 1);
  const canDoWithout = all.every(
    ({ teachers, quorum }) =>
      teachers.filter((each) => each !== teacher).length >= (quorum?.count ?? teachers.length),
  );
  return canDoWithout && random.chance(0.3) ? teacher : undefined;
}

/** The teachers of each worker. Each teacher but the absent one is at a worker, most at several. */
function workers(
  random: RandomStream,
  teacherCount: number,
  absentTeacher: number | undefined,
): number[][] {
  const count = random.whole(1, 3);
  return Array.from({ length: count }, (_, worker) =>
    Array.from({ length: teacherCount }, (_, teacher) => teacher).filter(
      (teacher) => (teacher % count === worker || random.chance(0.6)) && teacher !== absentTeacher,
    ),
  );
}

function blows(
  random: RandomStream,
  calmMs: number,
  hasQuorum: boolean,
): ScheduleSettings['blows'] {
  if (calmMs === 0) return [];
  const kinds = Array.from({ length: random.whole(1, 3) }, () => random.pick(BLOWS));
  if (random.chance(0.5)) kinds.push('model-swapped');
  // A span's contributors must survive the coordinator that decided on them and the student that took the steps.
  if (hasQuorum && random.chance(0.5)) kinds.push('coordinator-dies', 'student-dies');
  return Array.from({ length: random.whole(0, random.pick([6, 20])) }, () => {
    const blow = random.pick(kinds);
    // Swaps come early, since most runs end soon.
    const endMs = blow === 'model-swapped' ? Math.min(calmMs, 2_000) : calmMs;
    return { atMs: random.whole(0, endMs), blow };
  }).sort((a, b) => a.atMs - b.atMs);
}
