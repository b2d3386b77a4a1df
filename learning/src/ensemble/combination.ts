/**
 * What a batch's teachers say together, by any rule of a run, from their logits and the rule's fit. The rules are in
 * rules/, a file each.
 *
 * Shares come from the teachers' logits at temperature 1, whatever temperature they are pooled at. All is float64, in
 * ensemble order.
 *
 * Where a teacher knows only some of the classes, each class is pooled by the teachers that know it. `needsAllClasses`
 * names the rules for which that is meaningless.
 */
import { checkedShares, ownRule } from '../plugins/index.js';
import {
  type BatchAnswers,
  type Combination,
  type CombinationFit,
  type Combined,
  ruleOf,
  unfitted,
} from './rules/index.js';
import { calibrate } from './teachers/index.js';

/** Whether the rule means something only if every teacher knows every class. */
export function needsAllClasses(combination: Pick<Combination, 'combine'>): boolean {
  return ruleOf(combination).needsAllClasses === true;
}

/**
 * @throws {LyceumError} INVALID_ARGUMENT if weights or lengths do not fit, a label is missing, or the rule has not
 *   been fitted.
 */
export function combined(
  combination: Combination,
  answers: BatchAnswers,
  fit: CombinationFit = {},
): Combined {
  const { temperatures } = fit;
  if (combination.calibrate !== true) return uncalibrated(combination, answers, fit);
  if (temperatures === undefined) throw unfitted('calibrate');
  const teacherLogits = answers.teacherLogits.map((own, k) =>
    calibrate(own, temperatures[k] ?? Number.NaN),
  );
  return uncalibrated(combination, { ...answers, teacherLogits }, fit);
}

function uncalibrated(
  combination: Combination,
  answers: BatchAnswers,
  fit: CombinationFit,
): Combined {
  const { knownClasses: _, ...inputs } = answers;
  const own = {
    ...answers,
    pluginShares: (rule: string, settings: Readonly<Record<string, number>>) =>
      checkedShares(rule, ownRule(rule), inputs, settings),
  };
  return ruleOf(combination).combined(combination, own, fit);
}
