import type { Problem } from '@lyceum/proto';
import type { RuleContext } from './imitation-rule.js';

/** A problem if a rule wants more teachers to agree than there are. */
export function tooManyTeachers(
  atLeast: number | undefined,
  { teacherCount }: RuleContext,
): Problem[] {
  if (atLeast === undefined || atLeast <= teacherCount) return [];
  return [{ path: 'atLeast', message: `is ${atLeast}, and spec.teachers are ${teacherCount}` }];
}
