/** What a run has cost its devices, as its record keeps it. Pure. */
import type { RunRecord } from './run-record.js';

type Cost = NonNullable<RunRecord['cost']>;

/** Seconds and samples, in ensemble order. */
interface DeviceCosts {
  readonly studentDeviceSeconds: number;
  readonly teachers: readonly {
    readonly name: string;
    readonly deviceSeconds: number;
    readonly sampleCount: number;
  }[];
}

/**
 * An assignment's training has taken so many seconds up to now. What a former assignment still says, and what has been said
 * before, changes nothing.
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

/** A teacher, by ensemble index, has answered so many samples. */
export function withAnswers(
  cost: Cost | undefined,
  teacher: number,
  { deviceSeconds, sampleCount }: { readonly deviceSeconds: number; readonly sampleCount: number },
): Cost {
  const before = cost ?? NOTHING;
  const seconds = isCounted(deviceSeconds) ? deviceSeconds : 0;
  const length = Math.max(before.teachers.length, teacher + 1);
  const teachers = Array.from({ length }, (_, k) => {
    const known = before.teachers[k] ?? { deviceSeconds: 0, sampleCount: 0 };
    if (k !== teacher) return known;
    return {
      deviceSeconds: known.deviceSeconds + seconds,
      sampleCount: known.sampleCount + sampleCount,
    };
  });
  return { ...before, teachers };
}

/** Undefined: nothing is known, as of a run of an earlier version. */
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

const NOTHING: Cost = { earlierSeconds: 0, assignmentEpoch: 0, assignmentSeconds: 0, teachers: [] };

/** Some thirty years: no worker has measured more, and no sum of such is infinite, which a record could not hold. */
const MOST_SECONDS = 1e9;

/** Workers measure these themselves: what is no time counts for none. */
function isCounted(seconds: number): boolean {
  return seconds >= 0 && seconds <= MOST_SECONDS;
}
