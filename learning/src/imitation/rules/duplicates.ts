import { z } from 'zod';
import { section } from '../../documents/index.js';
import { type CheckedInput, heldOutFirst } from './checked-input.js';
import type { ImitationRule } from './imitation-rule.js';

const settings = section({
  rule: z
    .literal('duplicates')
    .describe('Drops inputs that differ only in case and spaces, all but the first.'),
});

/** Keeps the first of inputs that differ only in case and spaces; a held-out one rather than one for training. */
export const duplicatesRule: ImitationRule<typeof settings> = {
  name: 'duplicates',
  settings,
  judge: (_, inputs) => {
    const first = new Map<string, string>();
    const why = new Array<string | undefined>(inputs.length).fill(undefined);
    for (const row of heldOutFirst(inputs)) {
      const input = inputs[row] as CheckedInput;
      const key = keyOf(input);
      const known = first.get(key);
      if (known === undefined) first.set(key, input.id);
      else why[row] = `as ${known}`;
    }
    return why;
  },
};

function keyOf({ value }: CheckedInput): string {
  return 'text' in value
    ? value.text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
    : JSON.stringify(value);
}
