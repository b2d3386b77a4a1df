/** Teachers whose answers have been written down, in runs that change what is asked. */
import { isWrittenDown } from '@lyceum/learning/formats';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { Problem } from '@lyceum/proto';
import type { PinnedTeacher } from '../../runs/index.js';

/** Answers to samples as they are say nothing of samples that are changed. */
export function recordedProblems(
  { views, teachers: named }: DistillationSpecification['spec'],
  teachers: readonly Pick<PinnedTeacher, 'name' | 'engine'>[],
): Problem[] {
  if (viewAt(views, 0).text === IDENTITY_VIEW.text) return [];
  return teachers.flatMap(({ name, engine }) => {
    if (!isWrittenDown(engine)) return [];
    const k = named.findIndex((teacher) => teacher.name === name);
    const message = `changes the samples, and spec.teachers[${k}].model holds answers to them as they are; leave it out, or name a teacher that can be asked`;
    return [{ path: 'spec.views', message }];
  });
}
