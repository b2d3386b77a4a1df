/** Whether some worker may still answer with a teacher if one waits. Pure. */

/** One connected teacher worker, as it stands to the teacher. */
export interface TeacherChance {
  readonly workerId: string;
  /** Told to load it. */
  readonly isTold: boolean;
  /** Why it is quarantined with it; absent: it is not. */
  readonly quarantine?: string | undefined;
  /** Why it could not load it; absent: it has not failed to. */
  readonly failure?: { readonly reason: string; readonly permanent: boolean } | undefined;
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
  const why = failed.map(({ workerId, failure }) => `${workerId}: ${failure?.reason}`);
  return `teacher ${name} cannot be loaded (${why.join('; ')})`;
}
