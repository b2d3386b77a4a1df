/** The table of all rules. */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import { choose, isMapping, wants, word } from '../../documents/index.js';
import { agreementRule } from './agreement.js';
import { blocklistRule } from './blocklist.js';
import type { CheckedInput } from './checked-input.js';
import { confidenceRule } from './confidence.js';
import { dawidSkeneRule } from './dawid-skene.js';
import { driftRule } from './drift.js';
import { duplicatesRule } from './duplicates.js';
import { explanationRule } from './explanation.js';
import type { ImitationRule, RuleContext } from './imitation-rule.js';
import { injectionRule } from './injection.js';
import { leakRule } from './leak.js';
import { lengthRule } from './length.js';
import { nearDuplicatesRule } from './near-duplicates.js';
import { schemaRule } from './schema.js';
import { selfConsistencyRule } from './self-consistency.js';
import { truncatedRule } from './truncated.js';

/** In the order in which messages name them. */
const TABLE = [
  schemaRule,
  duplicatesRule,
  nearDuplicatesRule,
  leakRule,
  lengthRule,
  blocklistRule,
  injectionRule,
  truncatedRule,
  explanationRule,
  selfConsistencyRule,
  driftRule,
  agreementRule,
  dawidSkeneRule,
  confidenceRule,
] as const;

/** A rule by its name in a document, with its settings. */
export type RuleSettings = z.output<(typeof TABLE)[number]['settings']>;

const RULES = new Map<string, ImitationRule<z.ZodType<RuleSettings>>>(
  TABLE.map((rule) => [rule.name, rule as unknown as ImitationRule<z.ZodType<RuleSettings>>]),
);

const [first, ...others] = TABLE;
const ruleName = word(first.name, ...others.map(({ name }) => name));

/** The schema of one rule in a document. */
export const imitationRuleSettings = choose(
  TABLE.map(({ settings }) => settings),
  (input) => {
    if (!isMapping(input)) return { path: '', message: wants('{ rule, … }')({ input }) };
    const known = ruleName.safeParse(input['rule']);
    if (known.success) return ruleOf(known.data).settings as (typeof TABLE)[number]['settings'];
    return { path: 'rule', message: known.error.issues[0]?.message ?? '' };
  },
);

/** What is wrong with a rule in a document; paths begin at the rule. */
export function ruleProblems(own: RuleSettings, context: RuleContext): Problem[] {
  return ruleOf(own.rule).problems?.(own, context) ?? [];
}

/** @returns [N]: why the rule drops each input, with the rule's name in front; undefined: it keeps the input. */
export function judgeByRule(
  own: RuleSettings,
  inputs: readonly CheckedInput[],
  context: RuleContext,
): (string | undefined)[] {
  const { name, judge } = ruleOf(own.rule);
  return judge(own, inputs, context).map((why) => (why === undefined ? why : `${name}: ${why}`));
}

function ruleOf(name: string): ImitationRule<z.ZodType<RuleSettings>> {
  return RULES.get(name) as ImitationRule<z.ZodType<RuleSettings>>;
}
