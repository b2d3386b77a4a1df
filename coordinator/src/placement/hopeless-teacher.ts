/** Whether some worker may still answer with a teacher if one waits. Pure. */

/** One connected teacher worker, as it stands to the teacher. */
export interface TeacherChance {
  readonly workerId: string;
  /** Told to load it. */
  readonly isTold: boolean;
  /** Why it is quarantined with it; absent: it is not. */
  readonly quarantine?: string | undefined;
  /** Why it could not load it; absent: it has not failed to. */
  readonly failure?: TeacherFailure | undefined;
}

interface TeacherFailure {
  readonly reason: string;
  readonly permanent: boolean;
  /** It is the set that the worker cannot read; nothing is wrong with the teacher. */
  readonly unreadable?: boolean | undefined;
}

/**
 * Why no worker will ever answer with the teacher unless a person does something; undefined: one may. That no worker is
 * connected is no such reason: workers come and go.
 *
 * @param name - what the run calls it.
 */
export function hopelessTeacher(
  name: string,
  workers: readonly TeacherChance[],
): string | undefined {
  const quarantined = workers.filter(({ quarantine }) => quarantine !== undefined);
  if (workers.length > 0 && quarantined.length === workers.length) {
    const why = quarantined.map(({ workerId, quarantine }) => `${workerId}: ${quarantine}`);
    return `teacher ${name} is quarantined on every worker (${why.join('; ')}); see coordinator workers`;
  }
  const told = workers.filter(({ isTold, quarantine }) => isTold && quarantine === undefined);
  const failed = told.filter(({ failure }) => failure?.permanent === true);
  if (told.length === 0 || failed.length < told.length) return undefined;
  return cannotAnswer(name, failed);
}

/** @param failed - workers of which each has failed, one at least. */
export function cannotAnswer(name: string, failed: readonly TeacherChance[]): string {
  const told = (chances: readonly TeacherChance[]) =>
    chances.map(({ workerId, failure }) => `${workerId}: ${failure?.reason}`).join('; ');
  const unloaded = failed.filter(({ failure }) => failure?.unreadable !== true);
  if (unloaded.length > 0) return `teacher ${name} cannot be loaded (${told(failed)})`;
  return `the data set cannot be read (${told(failed)})`;
}
