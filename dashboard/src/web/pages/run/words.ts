/** Sentences about the facts of a run. Pure. */
import type { Bottleneck, HistoryFacts, RunFacts, TeacherFacts } from '../../../api/index.js';
import { durationText, percentText } from '../../../components/index.js';
import { listText } from '../../parts/texts.js';

/** A sentence that says what the run waits for. A pause's reason may be long, and is the first of {@link wrongs}. */
export function bottleneckSentence({ state, reason, bottleneck }: RunFacts): string {
  if (bottleneck === null) return ENDS[state] ?? '';
  const { name, text } = bottleneck;
  const because = name === 'pause' ? '' : text === '' ? reason : text;
  return because === '' ? `${SUBJECTS[name]}.` : `${SUBJECTS[name]}: ${because}.`;
}

type BottleneckName = Bottleneck['name'];

const SUBJECTS: Readonly<Record<BottleneckName, string>> = {
  coordinator: 'The coordinator sets the pace',
  evaluation: 'Training is done; the run is being evaluated',
  fitting: 'The ensemble is fitted before training begins',
  pause: 'The run is paused until somebody puts something right',
  preparation: 'The run is being prepared',
  queue: 'The run waits in the queue',
  student: 'The student sets the pace',
  teachers: 'The teachers set the pace',
};

const ENDS: Readonly<Partial<Record<RunFacts['state'], string>>> = {
  SUCCEEDED: 'The run has succeeded.',
  FAILED: 'The run has failed.',
  CANCELLED: 'The run was cancelled.',
};

/** If the student waited at least this share of its time, the teachers set the pace. */
const TEACHERS_SHARE = 0.2;

/** The part of the cluster that sets, or set, the pace; null: the run ended before its first step. */
export function pace(run: RunFacts): BottleneckName | null {
  if (run.bottleneck !== null) return run.bottleneck.name;
  if (run.step === 0) return null;
  return run.waitingShare >= TEACHERS_SHARE ? 'teachers' : 'student';
}

/** The same in a sentence, for running and ended runs. */
export function paceSentence(run: RunFacts): string {
  const name = pace(run);
  if (run.bottleneck !== null || name === null) return bottleneckSentence(run);
  const waited = `it waited ${percentText(run.waitingShare)} of its time for targets`;
  return name === 'teachers'
    ? `The teachers set the pace of the student: ${waited}.`
    : `The student set the pace: ${waited}.`;
}

/** Seconds until the last step at the present rate; null: not known. */
export function secondsLeft(run: RunFacts): number | null {
  const batchSize = batchSizeOf(run.specification);
  if (run.state !== 'TRAINING' || batchSize === null || run.samplesPerSecond <= 0) return null;
  return ((run.stepCount - run.step) * batchSize) / run.samplesPerSecond;
}

function batchSizeOf(specification: RunFacts['specification']): number | null {
  const { spec } = specification as { spec?: { training?: { batchSize?: unknown } } };
  const batchSize = spec?.training?.batchSize;
  return typeof batchSize === 'number' ? batchSize : null;
}

/** Sentences about what is wrong with a run; empty: nothing is known to be wrong. */
export function wrongs(run: RunFacts): string[] {
  const isReasonShown = run.bottleneck !== null && run.bottleneck.text === run.reason;
  return [
    ...(run.state === 'FAILED' || run.state === 'PAUSED' || (run.reason !== '' && !isReasonShown)
      ? [run.reason].filter((reason) => reason !== '')
      : []),
    ...(run.degradedShare > 0
      ? [
          `${percentText(run.degradedShare)} of its steps had targets made of fewer than all teachers.`,
        ]
      : []),
    ...run.warnings,
    ...run.teachers.flatMap(({ name, problems }) =>
      problems.map((why) => `Teacher ${name}: ${why}`),
    ),
  ];
}

export interface Worst {
  /** Null: no teacher stands out. */
  readonly name: string | null;
  readonly sentence: string;
}

/** A teacher stands out if it differs from the others by more than these limits: factors, and distances. */
const LATENCY_TIMES = 2;
const DISAGREEMENT_TIMES = 2;
const DISAGREEMENT_APART = 0.1;
const SHARE_APART = 0.1;

/** The teacher to look at first: one with problems, else one that disagrees, contributes little, or is slow. */
export function worstTeacher(teachers: readonly TeacherFacts[]): Worst {
  const sick = teachers.filter(({ problems }) => problems.length > 0);
  if (sick.length > 0) {
    const [worst] = ordered(sick, ({ problems }) => problems.length) as [TeacherFacts];
    const others = sick.filter((teacher) => teacher !== worst).map(({ name }) => name);
    const also =
      others.length === 0
        ? ''
        : ` ${listText(others)} ${others.length === 1 ? 'has' : 'have'} problems too.`;
    return {
      name: worst.name,
      sentence: `${worst.name} cannot be trusted: ${worst.problems.join('; ')}.${also}`,
    };
  }
  return (
    outlier(
      teachers,
      ({ disagreement }) => disagreement,
      (worst, usual) => worst > usual * DISAGREEMENT_TIMES && worst > usual + DISAGREEMENT_APART,
      (name, worst, usual) =>
        `${name} names another class than the combined target for ${percentText(worst)} of the samples; the others usually for ${percentText(usual)}.`,
    ) ??
    outlier(
      teachers,
      ({ share }) => (share === null ? null : 1 - share),
      (worst, usual) => worst > usual + SHARE_APART,
      (name, worst, usual) =>
        `${name} contributed to ${percentText(1 - worst)} of the targets; the others usually to ${percentText(1 - usual)}.`,
    ) ??
    outlier(
      teachers,
      ({ latencyMs }) => latencyMs,
      (worst, usual) => worst > usual * LATENCY_TIMES,
      (name, worst, usual) =>
        `${name} is the slowest: it takes ${durationText(worst / 1000)} for a ticket, the others usually ${durationText(usual / 1000)}.`,
    ) ?? {
      name: null,
      sentence: isKnown(teachers) ? 'No teacher stands out.' : 'Nothing is known of them yet.',
    }
  );
}

function isKnown(teachers: readonly TeacherFacts[]): boolean {
  return teachers.some(({ share, latencyMs }) => share !== null || latencyMs !== null);
}

/** The teacher with the greatest value, if that is far from the median of the others. */
function outlier(
  teachers: readonly TeacherFacts[],
  value: (teacher: TeacherFacts) => number | null,
  isFar: (worst: number, usual: number) => boolean,
  sentence: (name: string, worst: number, usual: number) => string,
): Worst | undefined {
  const known = teachers.filter((teacher) => value(teacher) !== null);
  const [worst, ...others] = ordered(known, (teacher) => value(teacher) ?? 0);
  const usual = others[Math.floor(others.length / 2)];
  if (worst === undefined || usual === undefined) return undefined;
  const [much, little] = [value(worst) ?? 0, value(usual) ?? 0];
  if (!isFar(much, little)) return undefined;
  const also = others
    .filter((teacher) => isFar(value(teacher) ?? 0, little))
    .map(({ name }) => name);
  const too =
    also.length === 0
      ? ''
      : ` ${listText(also)} ${also.length === 1 ? 'stands' : 'stand'} out too.`;
  return { name: worst.name, sentence: sentence(worst.name, much, little) + too };
}

function ordered(teachers: readonly TeacherFacts[], by: (teacher: TeacherFacts) => number) {
  return [...teachers].sort((a, b) => by(b) - by(a));
}

/** The newest known mean of a column. */
export function newest(history: HistoryFacts | null, column: string): number | null {
  const index = history?.columns.indexOf(column) ?? -1;
  if (history === null || index < 0) return null;
  for (let at = history.points.length - 1; at >= 0; at--) {
    const mean = history.points[at]?.means[index];
    if (mean !== null && mean !== undefined) return mean;
  }
  return null;
}
