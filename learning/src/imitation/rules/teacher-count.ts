import type { Problem } from '@lyceum/proto';
import type { RuleContext } from './imitation-rule.js';

/** More teachers than there are can never say the same. */
export function tooManyTeachers(
  atLeast: number | undefined,
  { teacherCount }: RuleContext,
): Problem[] {
  if (atLeast === undefined || atLeast <= teacherCount) return [];
  return [{ path: 'atLeast', message: `is ${atLeast}, and spec.teachers are ${teacherCount}` }];
}
