/**
 * How a run combines its teachers: the rules with their settings. What each rule does and refuses is in
 * `ensemble/rules`.
 */
import type { Problem } from '@lyceum/proto';
import { flag, listed, ownName, ownSettings, section, word } from '../../documents/index.js';
import {
  aekdBound,
  namesOf,
  RULE_NAMES,
  RULES,
  type Rule,
  ruleNamed,
  ruleOf,
} from '../../ensemble/rules/index.js';
import { quorumFields } from './quorum-schema.js';

const weightings = RULES.flatMap(({ weightings = [] }) => weightings);
const [firstWeighting = '', ...otherWeightings] = new Set(weightings);

const [firstRule, ...otherRules] = RULE_NAMES;
const rule = word(firstRule, ...otherRules);

/** Rules that an error message may propose by their names alone. */
const proposed = (holds: (rule: Rule) => boolean): string[] =>
  namesOf((rule) => !rule.ofPlugin && holds(rule));

export const ensemble = section({
  // Each rule is explained in the file of its name in `ensemble/rules`.
  combine: rule
    .default('arithmetic')
    .describe(
      "The rule that makes one answer of the teachers'; the default is the mean of their probabilities, by their weights.",
    ),
  weighting: word(firstWeighting, ...otherWeightings)
    .optional()
    .describe(
      'Of combine: entropy, what makes a teacher certain (ebkd by default); of combine: accuracy, how accuracies become weights (linear by default).',
    ),
  // Du et al. 2020.
  bound: aekdBound
    .optional()
    .describe(
      'Of combine: aekd. Greatest weight of a teacher; below 1 / teachers all weigh the same; 0.6 by default.',
    ),
  calibrate: flag()
    .optional()
    .describe(
      "First divides each teacher's logits by the temperature that makes them mean what they say on the validation split; false by default.",
    ),
  rule: ownName.optional().describe("Of combine: plugin. The rule's name in the plugin."),
  settings: ownSettings
    .optional()
    .describe(
      'Of combine: plugin. Numbers by name that the rule is told; their meaning is its own.',
    ),
  ...quorumFields,
}).transform(({ combine, weighting, bound, rule: own, settings, calibrate, ...quorum }) => ({
  ...ruleOf({ combine }).settled({ weighting, bound, rule: own, settings }),
  ...quorum,
  ...(calibrate === true && { calibrate }),
}));

/** What must hold between a run's rule, its settings and its teachers. */
export function ensembleProblems(ensemble: Mapping, teachers: readonly Mapping[]): Problem[] {
  const problems: Problem[] = [];
  const { combine = 'arithmetic', weighting, quorum, calibrate } = ensemble;
  const own = ruleNamed(combine);
  if (weighting !== undefined && own !== undefined) {
    const path = 'spec.ensemble.weighting';
    if (own.weightings === undefined) {
      const having = listed(namesOf((other) => other.weightings));
      const message = `belongs to combine: ${having}, and spec.ensemble.combine is ${own.name}`;
      problems.push({ path, message });
    } else if (!own.weightings.some((word) => word === weighting)) {
      const message = `want ${listed(own.weightings)} beside spec.ensemble.combine: ${own.name}, got ${String(weighting)}`;
      problems.push({ path, message });
    }
  }
  problems.push(...pluginProblems(ensemble));
  if (ensemble['bound'] !== undefined && own !== undefined && own.name !== 'aekd') {
    const message = `belongs to combine: aekd, and spec.ensemble.combine is ${own.name}`;
    problems.push({ path: 'spec.ensemble.bound', message });
  }
  if (calibrate === true && own?.ofVotes) {
    problems.push({
      path: 'spec.ensemble.calibrate',
      message: `changes no vote, and spec.ensemble.combine: ${own.name} looks at nothing else; leave it out`,
    });
  }
  const isFitted = own?.fit !== undefined || calibrate === true;
  if ((isFitted || own?.inStudent) && typeof quorum === 'number' && quorum < teachers.length) {
    const what = calibrate === true ? 'calibrate' : String(combine);
    const how = isFitted ? 'is fitted to' : 'weighs';
    const others = listed(proposed(({ fit, inStudent }) => fit === undefined && !inStudent));
    const message = `want all beside ${what}, which ${how} all teachers together; or combine by ${others}, not calibrated`;
    problems.push({ path: 'spec.ensemble.quorum', message });
  }
  problems.push(...blackBoxProblems(ensemble, teachers));
  if (own?.computesWeights) {
    const others = listed(proposed(({ computesWeights }) => !computesWeights));
    for (const [index, { weight = 1 }] of teachers.entries()) {
      if (weight === 1) continue;
      problems.push({
        path: `spec.teachers[${index}].weight`,
        message: `has no effect beside spec.ensemble.combine: ${own.name}, which computes the weights; leave it out, or combine by ${others}`,
      });
    }
  }
  return problems;
}

/** What must hold between `combine: plugin` and the fields that are its own. */
function pluginProblems({ combine = 'arithmetic', rule: own, settings }: Mapping): Problem[] {
  if (combine === 'plugin') {
    if (own !== undefined) return [];
    const message =
      'is missing; spec.ensemble.combine: plugin wants the name of a rule of the plugin';
    return [{ path: 'spec.ensemble.rule', message }];
  }
  const message = `belongs to combine: plugin, and spec.ensemble.combine is ${String(combine)}`;
  return [
    ...(own === undefined ? [] : [{ path: 'spec.ensemble.rule', message }]),
    ...(settings === undefined ? [] : [{ path: 'spec.ensemble.settings', message }]),
  ];
}

/** A rule or a calibration that is fitted to logits of all teachers cannot be used where a teacher gives no logits. */
function blackBoxProblems(
  { combine, calibrate }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const index = teachers.findIndex(({ access }) => access === 'black');
  if (index < 0 || (calibrate !== true && !ruleNamed(combine)?.fit?.ofAllTogether)) return [];
  const path = `spec.ensemble.${calibrate === true ? 'calibrate' : 'combine'}`;
  const message = `is fitted to the logits of all teachers, and spec.teachers[${index}].access is black: it gives final answers only; combine by accuracy or dawid-skene, not calibrated`;
  return [{ path, message }];
}

type Mapping = Readonly<Record<string, unknown>>;
