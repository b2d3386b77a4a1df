import type { Problem } from '@lyceum/proto';
import type { RuleTeachers } from './imitation-rule.js';

/** More teachers than there are can never say the same. */
export function tooManyTeachers(atLeast: number | undefined, { count }: RuleTeachers): Problem[] {
  if (atLeast === undefined || atLeast <= count) return [];
  return [{ path: 'atLeast', message: `is ${atLeast}, and spec.teachers are ${count}` }];
}
