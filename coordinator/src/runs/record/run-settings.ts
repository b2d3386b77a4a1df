/** Settings of a run, from the specification in its record. Pure. */
import { needsFit } from '@lyceum/learning/ensemble';
import type { OrderKey } from '@lyceum/learning/orders';
import type { QuorumSettings } from '../../schedule/index.js';
import type { RunRecord } from './run-record.js';

type Specified = Pick<RunRecord, 'specification'>;

/** Whether the run has a baseline that is made for it. */
export function hasOwnBaseline({ specification }: Specified): boolean {
  return specification.kind === 'Distillation' && specification.spec.student.baseline === 'train';
}

/** The order in which training visits the samples of each epoch. */
export function orderOf({
  specification,
  sampleOrder,
}: Pick<RunRecord, 'specification' | 'sampleOrder'>): OrderKey {
  const { seed } = specification.spec.training;
  if (sampleOrder?.kind !== 'chunks') return { seed };
  return { seed, blockPositions: sampleOrder.spanPositions };
}

/** `chunks, in blocks of 2,048 samples: REASON`; undefined: the set is one file. */
export function orderText({ sampleOrder }: Pick<RunRecord, 'sampleOrder'>): string | undefined {
  if (sampleOrder === undefined) return undefined;
  const { kind, reason, spanPositions } = sampleOrder;
  const blocks = `chunks, in blocks of ${spanPositions.toLocaleString('en-US')} samples`;
  return `${kind === 'chunks' ? blocks : kind}: ${reason}`;
}

/** True while the run's rule has to be fitted before its first target. */
export function awaitsFit({
  specification,
  fit,
}: Pick<RunRecord, 'specification' | 'fit'>): boolean {
  if (specification.kind !== 'Distillation' || fit !== undefined) return false;
  return needsFit(specification.spec.ensemble);
}

/** The quorum of a run whose targets may be made of fewer than all its teachers; undefined for every other run. */
export function quorumOf({
  specification,
}: Specified): Omit<QuorumSettings, 'decided'> | undefined {
  if (specification.kind !== 'Distillation') return undefined;
  const { teachers, ensemble } = specification.spec;
  const { quorum, deadlineMs, maxDegradedShare = 1 } = ensemble;
  if (quorum === 'all' || quorum >= teachers.length) return undefined;
  if (deadlineMs === undefined) throw new Error('a quorum below all without a deadline');
  return { count: quorum, deadlineMs, maxDegradedShare };
}

/** Names of teachers that the run accepts even if they know nothing. */
export function acceptedTeachers({ specification }: Specified): readonly string[] {
  if (specification.kind !== 'Distillation') return [];
  return specification.spec.teacherHealth.accept ?? [];
}

/** Whether the run fails if the named teacher's accuracy is at chance. */
export function refusesAtChance(record: Specified, teacher: string): boolean {
  const { specification } = record;
  if (specification.kind !== 'Distillation') return false;
  const { atChance } = specification.spec.teacherHealth;
  return atChance === 'refuse' && !acceptedTeachers(record).includes(teacher);
}
