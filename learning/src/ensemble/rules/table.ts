/** The table of all rules. */
import { accuracy } from './accuracy.js';
import { aekd } from './aekd.js';
import { arithmetic } from './arithmetic.js';
import { caMkd } from './ca-mkd.js';
import { dawidSkeneRule } from './dawid-skene.js';
import { entropy } from './entropy.js';
import { geometric } from './geometric.js';
import { majorityVote } from './majority-vote.js';
import { meanLogit } from './mean-logit.js';
import { median } from './median.js';
import { mixtureEm } from './mixture-em.js';
import { perClass } from './per-class.js';
import { pluginRule } from './plugin.js';
import type { EnsembleRule } from './rule.js';

/** In the order in which messages name them; the first is the default. */
const TABLE = [
  arithmetic,
  geometric,
  meanLogit,
  majorityVote,
  median,
  entropy,
  caMkd,
  aekd,
  accuracy,
  perClass,
  mixtureEm,
  dawidSkeneRule,
  pluginRule,
] as const;

/** A rule by its name in a run, with its settings. */
export type Combination = { readonly calibrate?: boolean } & ReturnType<
  (typeof TABLE)[number]['settled']
>;
export type RuleName = Combination['combine'];
export type Rule = EnsembleRule<Combination>;

export const RULES: readonly Rule[] = TABLE;

const [first, ...others] = TABLE;
export const RULE_NAMES = [first.name, ...others.map(({ name }) => name)] as const;

/** The rule of this name; undefined: none. */
export function ruleNamed(name: unknown): Rule | undefined {
  return RULES.find((rule) => rule.name === name);
}

export function ruleOf({ combine }: { readonly combine: RuleName }): Rule {
  const rule = ruleNamed(combine);
  if (rule === undefined) throw new Error(`no rule ${combine}`);
  return rule;
}

/** Names of the rules for which `holds` is true. */
export function namesOf(holds: (rule: Rule) => unknown): string[] {
  return RULES.filter((rule) => holds(rule)).map(({ name }) => name);
}
