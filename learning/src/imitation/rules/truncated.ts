import { z } from 'zod';
import { section } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';

const settings = section({
  rule: z
    .literal('truncated')
    .describe("Drops inputs of which a chat's answer was cut off by its server."),
});

/** Drops inputs with a chat's answer that its server cut off: the missing part may have said something else. */
export const truncatedRule: ImitationRule<typeof settings> = {
  name: 'truncated',
  settings,
  problems: (_, { chat }) => {
    const message = 'wants a teacher that is a chat, and none is';
    return chat ? [] : [{ path: '', message }];
  },
  judge: (_, inputs) =>
    inputs.map(({ cutOff }) => (cutOff.length === 0 ? undefined : `by ${cutOff.join(', ')}`)),
};
