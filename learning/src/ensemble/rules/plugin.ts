/** The mean of the teachers' probabilities, by the shares that a rule of the program's plugin gives them. */
import { pooled } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const pluginRule: EnsembleRule<{
  readonly combine: 'plugin';
  /** The rule's name in the plugin. */
  readonly rule: string;
  readonly settings?: Readonly<Record<string, number>>;
}> = {
  name: 'plugin',
  settled: ({ rule = '', settings }) => ({
    combine: 'plugin',
    rule,
    ...(settings !== undefined && { settings }),
  }),
  combined: ({ rule, settings = {} }, answers) =>
    pooled('arithmetic', answers, answers.pluginShares(rule, settings)),
  needsAllClasses: true,
  ofPlugin: true,
};
