/** Runs that ask a teacher, and what they want of the health of its replicas. */
import { CANARY_SAMPLES } from '@lyceum/learning/specification';
import type { RunRecord, RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';

/** Runs that have not ended and ask the teacher, with what they call it. */
export function runsAsking(
  store: Pick<RunStore, 'list'>,
  teacher: string,
): { record: RunRecord; name: string }[] {
  return store.list().flatMap((record) => {
    const name = record.teachers.find(({ identity }) => identity === teacher)?.name;
    return hasEnded(record.state) || name === undefined ? [] : [{ record, name }];
  });
}

/** Samples that canaries of the run may ask each teacher about whose calls cost. */
export function canarySamplesAllowed({ specification }: Pick<RunRecord, 'specification'>): number {
  if (specification.kind !== 'Distillation') return 0;
  return specification.spec.teacherHealth.canarySamples ?? CANARY_SAMPLES;
}

/** Whether all replicas must give the same bits. */
export function isStrict({ specification }: Pick<RunRecord, 'specification'>): boolean {
  return specification.kind === 'Distillation' && specification.spec.determinism === 'strict';
}
