/**
 * How a run combines its teachers: the rules with their settings. What each computes is in `@lyceum/learning/ensemble`.
 */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import {
  flag,
  listed,
  number,
  ownName,
  ownSettings,
  section,
  word,
} from '../../documents/index.js';
import { quorumFields } from './quorum-schema.js';

/** Rules that weigh teachers by `teachers[].weight`. */
const GIVEN_WEIGHTS = ['arithmetic', 'geometric', 'mean-logit', 'majority-vote'] as const;
/** Rules that find the teachers' weights themselves. */
const OWN_WEIGHTS = ['entropy', 'ca-mkd'] as const;
/** A rule of the user's own, which is given the teachers' weights. */
const PLUGIN = 'plugin';
/** The same, fitted on the validation split before training. */
const FITTED = ['accuracy', 'per-class', 'mixture-em', 'dawid-skene'] as const;
/** Weighs teachers by the student's gradients, in the student. */
const BY_GRADIENTS = 'aekd';
const AEKD_BOUND = 0.6;
/** Rules of votes, which no temperature changes. */
const OF_VOTES: readonly unknown[] = ['majority-vote', 'dawid-skene'];

/** Of the rules that have several; the first is the default. */
const WEIGHTINGS: Readonly<Record<string, readonly [Weighting, ...Weighting[]]>> = {
  entropy: ['ebkd', 'softmax', 'inverse', 'greatest', 'margin'],
  accuracy: ['linear', 'softmax', 'log-odds'],
};
const weighting = word('ebkd', 'softmax', 'inverse', 'greatest', 'margin', 'linear', 'log-odds');
type Weighting = z.output<typeof weighting>;

const rule = word(...GIVEN_WEIGHTS, ...OWN_WEIGHTS, BY_GRADIENTS, ...FITTED, PLUGIN);

/** Whether it is the name of a rule that looks at nothing but the teachers' final answers. */
export function isRuleOfVotes(name: unknown): boolean {
  return OF_VOTES.includes(name);
}

export const ensemble = section({
  /**
   * `arithmetic`, `geometric`: means of the teachers' probabilities, by their weights. `mean-logit`: of their logits,
   * which is geometric. `majority-vote`: the shares of the teachers' votes. `entropy`: arithmetic, by how certain each
   * teacher is of the sample. `ca-mkd`: arithmetic, by how well each teacher knows the sample's label. `aekd`: in each
   * step by the weights that make the mean of the gradients of kd shortest, in the student.
   *
   * Fitted on the validation split before training: `accuracy`, `mixture-em`: arithmetic, by accuracies there or by the
   * weights that make its labels most likely. `per-class`: each class by the teachers that recognise it. `dawid-skene`:
   * the classes behind the teachers' votes, by how each of them errs.
   *
   * `plugin`: arithmetic, by a rule of the cluster's plugin; in a cluster of one machine only.
   */
  combine: rule.default('arithmetic'),
  /** Of `entropy`: what makes a teacher certain. Of `accuracy`: from accuracies to weights. */
  weighting: weighting.optional(),
  /** Of `aekd`: greatest weight of a teacher; below 1 / teachers all weigh the same. Absent: 0.6. Du et al. 2020. */
  bound: number('a number greater than 0, at most 1', { above: 0, atMost: 1 }).optional(),
  /** First divides each teacher's logits by the temperature that makes them mean what they say on the validation split. */
  calibrate: flag().optional(),
  /** Of `plugin`: the rule's name there, and what it is told. */
  rule: ownName.optional(),
  settings: ownSettings.optional(),
  ...quorumFields,
}).transform(({ calibrate, ...settings }) => {
  const [first] = WEIGHTINGS[settings.combine] ?? [];
  return {
    ...settings,
    ...(first !== undefined && { weighting: settings.weighting ?? first }),
    ...(settings.combine === BY_GRADIENTS && { bound: settings.bound ?? AEKD_BOUND }),
    ...(calibrate === true && { calibrate }),
  };
});

/** What must hold between a run's rule, its settings and its teachers. */
export function ensembleProblems(ensemble: Mapping, teachers: readonly Mapping[]): Problem[] {
  const problems: Problem[] = [];
  const { combine = 'arithmetic', weighting } = ensemble;
  const allowed = WEIGHTINGS[String(combine)];
  if (weighting !== undefined && rule.safeParse(combine).success) {
    const path = 'spec.ensemble.weighting';
    if (allowed === undefined) {
      const having = listed(Object.keys(WEIGHTINGS));
      const message = `belongs to combine: ${having}, and spec.ensemble.combine is ${String(combine)}`;
      problems.push({ path, message });
    } else if (!(allowed as readonly unknown[]).includes(weighting)) {
      const message = `want ${listed(allowed)} beside spec.ensemble.combine: ${String(combine)}, got ${String(weighting)}`;
      problems.push({ path, message });
    }
  }
  problems.push(...pluginProblems(ensemble));
  if (
    ensemble['bound'] !== undefined &&
    rule.safeParse(combine).success &&
    combine !== BY_GRADIENTS
  ) {
    const message = `belongs to combine: ${BY_GRADIENTS}, and spec.ensemble.combine is ${String(combine)}`;
    problems.push({ path: 'spec.ensemble.bound', message });
  }
  if (ensemble['calibrate'] === true && OF_VOTES.includes(combine)) {
    problems.push({
      path: 'spec.ensemble.calibrate',
      message: `changes no vote, and spec.ensemble.combine: ${String(combine)} looks at nothing else; leave it out`,
    });
  }
  const { quorum, calibrate } = ensemble;
  const isFitted = (FITTED as readonly unknown[]).includes(combine) || calibrate === true;
  if (
    (isFitted || combine === BY_GRADIENTS) &&
    typeof quorum === 'number' &&
    quorum < teachers.length
  ) {
    const what = calibrate === true ? 'calibrate' : String(combine);
    const how = isFitted ? 'is fitted to' : 'weighs';
    const message = `want all beside ${what}, which ${how} all teachers together; or combine by ${listed([...GIVEN_WEIGHTS, ...OWN_WEIGHTS])}, not calibrated`;
    problems.push({ path: 'spec.ensemble.quorum', message });
  }
  problems.push(...blackBoxProblems(ensemble, teachers));
  if (([...OWN_WEIGHTS, BY_GRADIENTS, ...FITTED] as readonly unknown[]).includes(combine)) {
    for (const [index, { weight = 1 }] of teachers.entries()) {
      if (weight === 1) continue;
      problems.push({
        path: `spec.teachers[${index}].weight`,
        message: `has no say beside spec.ensemble.combine: ${String(combine)}, which computes the weights; leave it out, or combine by ${listed(GIVEN_WEIGHTS)}`,
      });
    }
  }
  return problems;
}

/** What must hold between `combine: plugin` and the fields that are its own. */
function pluginProblems({ combine = 'arithmetic', rule: own, settings }: Mapping): Problem[] {
  if (combine === PLUGIN) {
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

/** What is fitted to logits of all teachers cannot be where one gives none. */
function blackBoxProblems(
  { combine, calibrate }: Mapping,
  teachers: readonly Mapping[],
): Problem[] {
  const index = teachers.findIndex(({ access }) => access === 'black');
  if (index < 0 || (calibrate !== true && combine !== 'mixture-em')) return [];
  const path = `spec.ensemble.${calibrate === true ? 'calibrate' : 'combine'}`;
  const message = `is fitted to the logits of all teachers, and spec.teachers[${index}].access is black: it gives final answers only; combine by accuracy or dawid-skene, not calibrated`;
  return [{ path, message }];
}

type Mapping = Readonly<Record<string, unknown>>;
