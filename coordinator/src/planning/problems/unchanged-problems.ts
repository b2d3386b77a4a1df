/**
 * Runs whose views change the samples, with teachers that answer only for unchanged samples: stored answers, and
 * readers of texts or tables.
 */
import { isWrittenDown } from '@lyceum/learning/formats';
import type { RawKind } from '@lyceum/learning/models';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { Problem } from '@lyceum/proto';
import type { PinnedTeacher } from '../../runs/index.js';

const READS: Readonly<Record<RawKind, string>> = {
  texts: 'reads their texts, which stay as they are',
  columns: 'reads their columns, which stay as they are',
};

/** One problem for each teacher whose answers would not belong to the changed samples. */
export function unchangedProblems(
  { views, teachers: named }: DistillationSpecification['spec'],
  teachers: readonly Pick<PinnedTeacher, 'name' | 'engine' | 'reads'>[],
): Problem[] {
  if (viewAt(views, 0).text === IDENTITY_VIEW.text) return [];
  return teachers.flatMap(({ name, engine, reads }) => {
    const why = isWrittenDown(engine)
      ? 'has answers only for the unchanged samples'
      : reads === undefined
        ? undefined
        : READS[reads];
    if (why === undefined) return [];
    const k = named.findIndex((teacher) => teacher.name === name);
    const message = `changes the samples, but spec.teachers[${k}].model ${why}; leave it out, or name a teacher that reads the samples' numbers`;
    return [{ path: 'spec.views', message }];
  });
}
