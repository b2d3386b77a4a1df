import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { CheckedInput } from './checked-input.js';
import type { ImitationRule } from './imitation-rule.js';
import { mostNamed } from './most-named.js';

const settings = section({
  rule: z
    .literal('drift')
    .describe(
      'Where a teacher has changed, counts its answers on the worse side only if most of the other teachers agree.',
    ),
});

/**
 * Drops answers that a teacher gave on the worse side of a change while it was asked, unless most of the other
 * teachers agree.
 */
export const driftRule: ImitationRule<typeof settings> = {
  name: 'drift',
  settings,
  problems: (_, { teacherCount }) => {
    const message = 'wants two teachers at least, since a change is seen beside another';
    return teacherCount > 1 ? [] : [{ path: '', message }];
  },
  judge: (_, inputs) =>
    inputs.map((input) => {
      const alone = (input.drifted ?? []).filter((teacher) => isAlone(input, teacher));
      return alone.length === 0 ? undefined : `${alone.join(', ')} had changed`;
    }),
};

function isAlone({ answers }: CheckedInput, teacher: string): boolean {
  const own = answers[teacher] ?? undefined;
  const others = Object.entries(answers).flatMap(([name, said]) =>
    name === teacher || said === null ? [] : [said],
  );
  return own !== undefined && own !== mostNamed(others);
}
