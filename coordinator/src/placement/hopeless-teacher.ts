/** Whether waiting can help a run whose teacher no worker answers with. Pure. */

/** One connected teacher worker, and its state with regard to one teacher. */
export interface TeacherChance {
  readonly workerId: string;
  /** Whether the worker was told to load the teacher. */
  readonly isTold: boolean;
  /** Why the worker is quarantined for the teacher; absent: it is not. */
  readonly quarantine?: string | undefined;
  /** Why the worker could not load the teacher; absent: loading has not failed. */
  readonly failure?: TeacherFailure | undefined;
}

interface TeacherFailure {
  readonly reason: string;
  readonly permanent: boolean;
  /** True: the worker cannot read the data set; the teacher itself is sound. */
  readonly unreadable?: boolean | undefined;
}

/**
 * Why no worker will ever answer with the teacher unless a person acts; undefined: a worker may. Having no connected
 * worker is no such reason: workers come and go.
 *
 * @param name - the teacher's name in the run.
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

/** @param failed - at least one worker; each has failed to load the teacher. */
export function cannotAnswer(name: string, failed: readonly TeacherChance[]): string {
  const told = (chances: readonly TeacherChance[]) =>
    chances.map(({ workerId, failure }) => `${workerId}: ${failure?.reason}`).join('; ');
  const unloaded = failed.filter(({ failure }) => failure?.unreadable !== true);
  if (unloaded.length > 0) return `teacher ${name} cannot be loaded (${told(failed)})`;
  return `the data set cannot be read (${told(failed)})`;
}
