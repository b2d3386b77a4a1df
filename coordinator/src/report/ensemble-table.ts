/**
 * Accuracies of each teacher alone, of all teachers together by each rule, and of all but one. Pure.
 *
 * Symbols: K teachers, C classes, N samples of the measured split, M samples of the split that rules are fitted to.
 */
import {
  ALL_RULES,
  type Combination,
  type CombinationFit,
  combined,
  fitCombination,
  type KnownClasses,
  needsAllClasses,
  needsFit,
  ownTemperature,
  parseRule,
} from '@lyceum/learning/ensemble';
import { LyceumError } from '@lyceum/proto';
import type { EnsembleRow, EnsembleTable } from '../documents/index.js';
import { labelFigures } from './model-figures.js';

export interface EnsembleTableInput {
  readonly datasetDigest: string;
  readonly classCount: number;
  /** Names of splits; rules are fitted to `heldOutSplit`. */
  readonly split: string;
  readonly heldOutSplit: string;
  /** [N] and [M]; −1: none. */
  readonly labels: Int32Array;
  readonly heldOutLabels: Int32Array;
  readonly teachers: readonly {
    readonly name: string;
    readonly identity: string;
    /** [N, C] */
    readonly logits: Float32Array;
    /** [M, C]; not read if no rule is fitted. */
    readonly heldOutLogits: Float32Array;
    /** Rising; logits of the other classes are −∞. Absent: the teacher knows all classes. */
    readonly knownClasses?: readonly number[];
  }[];
  /** From {@link chooseRules}, like `omitted`. */
  readonly rules: readonly string[];
  readonly omitted: EnsembleTable['omitted'];
}

/**
 * The rules to measure.
 *
 * @param asked - rules, or `all` alone.
 * @param unfittable - why no rule can be fitted; undefined: rules can be fitted.
 * @param partial - text about a teacher that knows only some of the classes; undefined: there is none.
 * @throws {LyceumError} INVALID_ARGUMENT for a rule that does not exist or cannot be measured.
 */
export function chooseRules(
  asked: readonly string[],
  unfittable: string | undefined,
  partial?: string,
): Pick<EnsembleTableInput, 'rules' | 'omitted'> {
  const all = asked.length === 0 || (asked.length === 1 && asked[0] === 'all');
  const names = all ? ALL_RULES : [...new Set(asked)];
  const omitted = names.flatMap((rule) => {
    const combination = parseRule(rule);
    if (partial !== undefined && needsAllClasses(combination)) return [{ rule, reason: partial }];
    return unfittable !== undefined && needsFit(combination) ? [{ rule, reason: unfittable }] : [];
  });
  const [first] = omitted;
  if (first !== undefined && !all) {
    const { rule, reason } = first;
    const needs =
      reason === unfittable ? 'has to be fitted' : 'wants teachers that know all classes';
    throw new LyceumError('INVALID_ARGUMENT', `rule ${rule} ${needs}, and ${reason}`);
  }
  return {
    rules: names.filter((name) => !omitted.some(({ rule }) => rule === name)),
    omitted,
  };
}

export function ensembleTable(input: EnsembleTableInput): EnsembleTable {
  const { datasetDigest, classCount, split, labels, teachers, omitted } = input;
  const rules = input.rules.map((name) => ({ name, combination: parseRule(name) }));
  const temperatures = new Map<unknown, number>();
  const temperatureOf = (logits: Float32Array | Float64Array, own: KnownClasses): number => {
    const known = temperatures.get(logits);
    const temperature = known ?? ownTemperature(logits, input.heldOutLabels, classCount, own);
    temperatures.set(logits, temperature);
    return temperature;
  };
  const fitOf = (combination: Combination, members: readonly number[]): CombinationFit => {
    const heldOut = members.map((k) => teachers[k]?.heldOutLogits as Float32Array);
    const knownClasses = members.map((k) => teachers[k]?.knownClasses);
    const options = { knownClasses, temperatureOf };
    return fitCombination(combination, heldOut, input.heldOutLabels, classCount, options);
  };
  const everyone = teachers.map((_, k) => k);
  const rows: EnsembleRow[] = teachers.map(({ name, logits }) => ({
    kind: 'teacher',
    rule: null,
    teachers: [name],
    without: null,
    ...figures(logits, labels, classCount),
    fit: null,
  }));
  for (const { name, combination } of rules) {
    const fit = fitOf(combination, everyone);
    const row = ruleRow(input, name, combination, everyone, fit);
    rows.push({ kind: 'ensemble', ...row, without: null });
  }
  for (const { name, combination } of teachers.length > 1 ? rules : []) {
    for (const [k, { name: without }] of teachers.entries()) {
      const others = everyone.filter((other) => other !== k);
      const fit = fitOf(combination, others);
      rows.push({ kind: 'without', ...ruleRow(input, name, combination, others, fit), without });
    }
  }
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'EnsembleEvaluation',
    datasetDigest,
    split,
    sampleCount: labels.length,
    labelledCount: labels.filter((label) => label >= 0).length,
    fittedOn: rules.some((rule) => needsFit(rule.combination)) ? input.heldOutSplit : null,
    classCount,
    teachers: teachers.map(({ name, identity, knownClasses }) => ({
      name,
      identity,
      ...(knownClasses !== undefined && { knownClasses }),
    })),
    rows,
    omitted,
  };
}

function ruleRow(
  { teachers, labels, classCount }: EnsembleTableInput,
  rule: string,
  combination: Combination,
  members: readonly number[],
  fit: CombinationFit,
): Omit<EnsembleRow, 'kind' | 'without'> {
  const chosen = teachers.filter((_, k) => members.includes(k));
  const logs = new Float32Array(labels.length * classCount);
  combined(
    combination,
    {
      teacherLogits: chosen.map(({ logits }) => logits),
      teacherWeights: chosen.map(() => 1),
      rowCount: labels.length,
      classCount,
      knownClasses: chosen.map(({ knownClasses }) => knownClasses),
    },
    fit,
  ).logProbabilities(1, logs);
  return {
    rule,
    teachers: chosen.map(({ name }) => name),
    ...figures(logs, labels, classCount),
    fit: needsFit(combination) ? fit : null,
  };
}

function figures(
  logits: Float32Array,
  labels: Int32Array,
  classCount: number,
): Pick<EnsembleRow, 'accuracy' | 'nll' | 'ece'> {
  const { accuracy, nll, ece } = labelFigures(logits, labels, classCount);
  return { accuracy, nll, ece };
}
