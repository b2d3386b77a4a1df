/** Rules over answers: one file for each rule, and their table. */
export {
  type CheckedInput,
  type Explanation,
  heldOutFirst,
  type InputValue,
  isHeldOut,
} from './checked-input.js';
export { DAWID_SKENE_TEACHERS, tooFewTeachers } from './dawid-skene.js';
export type { RuleContext } from './imitation-rule.js';
export { mostNamed } from './most-named.js';
export { imitationRuleSettings, judgeByRule, type RuleSettings, ruleProblems } from './table.js';
