/** The rules that combine teachers: one file for each rule, and the table of them. */
export { AEKD_MAX_TEACHERS, aekdBound } from './aekd.js';
export { type BatchAnswers, type CombinationFit, type Combined, unfitted } from './combined.js';
export {
  type Combination,
  namesOf,
  RULE_NAMES,
  RULES,
  type Rule,
  ruleNamed,
  ruleOf,
} from './table.js';
