/** Which teachers are needed, and what all workers are told alike of them. Pure. */
import { digestBytes, ticketConsumer, type WantedTeacher } from '@lyceum/proto';
import type { ProbedSet } from '../health/index.js';
import type { TeacherUser } from '../tickets/index.js';

/** A teacher that somebody needs, and the sets that it is asked about. */
export interface KnownTeacher extends Omit<WantedTeacher, 'ticketsInHand' | 'probes'> {
  readonly sets: ProbedSet[];
}

/** By identity, every teacher of those who need some: runs that have not ended, and others. */
export function wantedTeachers(
  users: Iterable<Pick<TeacherUser, 'teachers' | 'dataset'>>,
): Map<string, KnownTeacher> {
  const wanted = new Map<string, KnownTeacher>();
  for (const { teachers, dataset } of users) {
    const reference = { digest: digestBytes(dataset.digest), path: dataset.path ?? '' };
    for (const teacher of teachers) {
      const { name, identity, modelDigest, settingsJson, engine, access, knownClasses } = teacher;
      const set = { ...dataset, engine, access, ...(knownClasses && { knownClasses }) };
      const known = wanted.get(identity);
      if (known === undefined) {
        wanted.set(identity, {
          teacherIdentity: digestBytes(identity),
          modelDigest: digestBytes(modelDigest),
          settingsJson,
          engine,
          names: [name],
          ticketConsumer: ticketConsumer(identity),
          datasets: [reference],
          sets: [set],
        });
        continue;
      }
      if (!known.names.includes(name)) known.names.push(name);
      const index = known.sets.findIndex(({ digest }) => digest === dataset.digest);
      if (index < 0) {
        known.datasets.push(reference);
        known.sets.push(set);
      } else if (access !== 'black') known.sets[index] = { ...set, access: 'white' };
    }
  }
  return wanted;
}
