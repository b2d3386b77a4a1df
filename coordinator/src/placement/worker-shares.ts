/**
 * Fills the room that is left on the workers, so that the slowest teacher gets the most workers. Pure.
 *
 * Every teacher of a run answers every sample, so a teacher's lack is t ÷ h: t, seconds of its inference of one
 * sample; h, workers that have it loaded. Room goes to the teacher with the greatest lack. If no room is left, one
 * teacher at a time gives a worker to another teacher, whose lack must be more than twice the giver's lack afterwards.
 * So the two never change places again, and small changes of speed move no teacher.
 */
import {
  fits,
  type Load,
  type Loads,
  put,
  type TeacherNeed,
  type TeacherPlace,
  take,
} from './worker-load.js';

/** How many times the giver's lack the taker's lack must be. */
const MOVE_FACTOR = 2;

/** t by identity, of the teachers that have been measured. */
export type SecondsPerSample = ReadonlyMap<string, number>;

/** Fills `loads`, in which each teacher has one worker; first with teachers that the workers have loaded already. */
export function fill(
  teachers: readonly TeacherNeed[],
  workers: readonly TeacherPlace[],
  loads: Loads,
  seconds: SecondsPerSample,
): void {
  const covered = new Map([...loads].map(([id, { identities }]) => [id, new Set(identities)]));
  const holders = holderCounts(loads);
  const countOf = ({ identity }: TeacherNeed) => holders.get(identity) ?? 0;
  const give = (load: Load, teacher: TeacherNeed) => {
    put(load, teacher);
    holders.set(teacher.identity, countOf(teacher) + 1);
  };
  const lack = (teacher: TeacherNeed) => secondsOf(teacher, seconds) / countOf(teacher);
  for (const { workerId, loaded } of workers) {
    const load = loads.get(workerId);
    const kept = teachers.filter(({ identity }) => loaded.has(identity));
    for (const teacher of kept) if (load !== undefined && fits(load, teacher)) give(load, teacher);
  }
  for (const load of loads.values()) {
    for (;;) {
      const fitting = teachers.filter((teacher) => fits(load, teacher));
      const neediest = greatest(fitting, (teacher) => lack(teacher));
      if (neediest === undefined) break;
      give(load, neediest);
    }
  }
  for (const [workerId, load] of loads) {
    for (const giver of teachers) {
      const gives =
        load.identities.has(giver.identity) &&
        covered.get(workerId)?.has(giver.identity) !== true &&
        countOf(giver) > 1;
      if (!gives) continue;
      take(load, giver);
      holders.set(giver.identity, countOf(giver) - 1);
      const left = lack(giver);
      const taker = greatest(
        teachers.filter((teacher) => teacher !== giver && fits(load, teacher)),
        (teacher) => lack(teacher),
      );
      if (taker !== undefined && lack(taker) > MOVE_FACTOR * left) {
        give(load, taker);
        return;
      }
      give(load, giver);
    }
  }
}

/** A teacher that has not been measured counts as slow as the average of the others. */
function secondsOf({ identity }: TeacherNeed, seconds: SecondsPerSample): number {
  const own = seconds.get(identity);
  if (own !== undefined) return own;
  const known = [...seconds.values()];
  return known.length === 0 ? 1 : known.reduce((sum, t) => sum + t, 0) / known.length;
}

/** How many workers have each teacher, by identity. */
function holderCounts(loads: Loads): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { identities } of loads.values()) {
    for (const identity of identities) counts.set(identity, (counts.get(identity) ?? 0) + 1);
  }
  return counts;
}

/** The first item with the greatest value. */
function greatest<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  let best: { readonly item: T; readonly value: number } | undefined;
  for (const item of items) {
    const own = value(item);
    if (best === undefined || own > best.value) best = { item, value: own };
  }
  return best?.item;
}
