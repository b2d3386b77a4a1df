/** When a run may go on without the answers of teachers that are late. */
import type { Problem } from '@lyceum/proto';
import { z } from 'zod';
import { choose, number, pathText, wants, wholeNumber } from '../../documents/index.js';

const all = z.literal('all');
const count = wholeNumber('a whole number greater than 0', { above: 0 });
const quorum = choose([all, count], (input) => {
  if (input === 'all') return all;
  if (typeof input === 'number') return count;
  return { path: '', message: wants('all, or a number of teachers')({ input }) };
});

export const quorumFields = {
  quorum: quorum
    .default('all')
    .describe(
      'The least number of teachers whose answers a target needs; it is made of the answers that came, by their weights.',
    ),
  deadlineMs: wholeNumber('milliseconds, a whole number from 1 to 86400000', {
    above: 0,
    atMost: 86_400_000,
  })
    .optional()
    .describe(
      'With a quorum below all, which needs it: milliseconds that an otherwise idle student waits for the rest.',
    ),
  maxDegradedShare: number('a number from 0 to 1', { atLeast: 0, atMost: 1 })
    .optional()
    .describe(
      'With a quorum below all: the run is paused before more than this share of its steps have fewer than all teachers; 1, the default, never pauses it.',
    ),
};

/** What must hold between a quorum, its terms and the run's teachers. */
export function quorumProblems(ensemble: Mapping, teachers: readonly Mapping[]): Problem[] {
  const { quorum } = ensemble;
  const wanted =
    quorum === undefined || quorum === 'all' ? teachers.length : count.safeParse(quorum).data;
  if (teachers.length === 0 || wanted === undefined) return [];
  const problems: Problem[] = [];
  const add = (path: string, message: string) => problems.push({ path, message });
  if (wanted > teachers.length) {
    add(
      'spec.ensemble.quorum',
      `want at most the ${teachers.length} teachers that there are, or all; got ${wanted}`,
    );
  }
  if (wanted >= teachers.length) {
    for (const field of ['deadlineMs', 'maxDegradedShare']) {
      if (ensemble[field] === undefined) continue;
      const message = `belongs to a quorum below the number of teachers (${teachers.length}); give spec.ensemble.quorum, or leave it out`;
      add(`spec.ensemble.${field}`, message);
    }
    return problems;
  }
  if (ensemble['deadlineMs'] === undefined) {
    const message = `is missing; quorum ${wanted} of ${teachers.length} teachers needs the milliseconds that an otherwise idle student waits for the rest`;
    add('spec.ensemble.deadlineMs', message);
  }
  for (const [index, { weight }] of teachers.entries()) {
    if (weight !== 0) continue;
    const message =
      'want a weight above 0: with a quorum below all, targets may be made of any teachers';
    add(pathText(['spec', 'teachers', index, 'weight']), message);
  }
  return problems;
}

type Mapping = Readonly<Record<string, unknown>>;
