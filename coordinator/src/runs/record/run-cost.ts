/** The device time and service calls that a run has cost, as its record keeps them. Pure. */
import type { RunRecord } from './run-record.js';

type Cost = NonNullable<RunRecord['cost']>;

/** The cost of a teacher's answers: device time, and calls of a service; `calls` absent: the teacher calls none. */
export interface AnswerCost {
  readonly deviceSeconds: number;
  readonly sampleCount: number;
  readonly calls?: ServiceCalls | undefined;
}

interface ServiceCalls {
  readonly count: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Teachers in ensemble order. */
interface DeviceCosts {
  readonly studentDeviceSeconds: number;
  readonly teachers: readonly (AnswerCost & { readonly name: string })[];
}

/**
 * Notes how many seconds an assignment's training has taken so far. Reports of former assignments and repeated reports
 * change nothing.
 */
export function withTraining(
  cost: Cost | undefined,
  assignmentEpoch: number,
  trainingSeconds: number,
): Cost {
  const before = cost ?? NOTHING;
  if (!isCounted(trainingSeconds) || assignmentEpoch < before.assignmentEpoch) return before;
  const isNew = assignmentEpoch > before.assignmentEpoch;
  return {
    ...before,
    assignmentEpoch,
    earlierSeconds: before.earlierSeconds + (isNew ? before.assignmentSeconds : 0),
    assignmentSeconds: Math.max(isNew ? 0 : before.assignmentSeconds, trainingSeconds),
  };
}

/** Adds the cost of answers of one teacher, by ensemble index. */
export function withAnswers(
  cost: Cost | undefined,
  teacher: number,
  { deviceSeconds, sampleCount, calls }: AnswerCost,
): Cost {
  const before = cost ?? NOTHING;
  const seconds = isCounted(deviceSeconds) ? deviceSeconds : 0;
  const length = Math.max(before.teachers.length, teacher + 1);
  const teachers = Array.from({ length }, (_, k): AnswerCost => {
    const known: AnswerCost = before.teachers[k] ?? { deviceSeconds: 0, sampleCount: 0 };
    if (k !== teacher) return known;
    const called = calls === undefined ? known.calls : withCalls(known.calls, calls);
    return {
      deviceSeconds: known.deviceSeconds + seconds,
      sampleCount: known.sampleCount + sampleCount,
      ...(called && { calls: called }),
    };
  });
  return { ...before, teachers };
}

/** Undefined: the run has cost nothing yet. */
export function deviceCosts(
  { teachers }: Pick<RunRecord, 'teachers'>,
  cost: Cost | undefined,
): DeviceCosts | undefined {
  if (cost === undefined) return undefined;
  return {
    studentDeviceSeconds: cost.earlierSeconds + cost.assignmentSeconds,
    teachers: teachers.map(({ name }, k) => ({
      name,
      ...(cost.teachers[k] ?? { deviceSeconds: 0, sampleCount: 0 }),
    })),
  };
}

function withCalls(before: ServiceCalls | undefined, calls: ServiceCalls): ServiceCalls {
  const sum = (of: keyof ServiceCalls) => {
    const more = calls[of];
    return (before?.[of] ?? 0) + (more >= 0 && more <= MOST_CALLS ? more : 0);
  };
  return {
    count: sum('count'),
    inputTokens: sum('inputTokens'),
    outputTokens: sum('outputTokens'),
  };
}

const NOTHING: Cost = { earlierSeconds: 0, assignmentEpoch: 0, assignmentSeconds: 0, teachers: [] };

/** About thirty years, more than any worker measures. Sums stay finite: a record cannot hold infinity. */
const MOST_SECONDS = 1e9;

/** Greatest number of calls or tokens of a ticket. No real ticket has as many, and sums stay finite. */
const MOST_CALLS = 1e12;

/** Workers measure the seconds themselves: an impossible value does not count. */
function isCounted(seconds: number): boolean {
  return seconds >= 0 && seconds <= MOST_SECONDS;
}
