/**
 * Decides which inputs a student learns from, by named rules about the answers of the black boxes. Pure.
 *
 * Rules judge inputs to train on. Held-out inputs, whose split is given, are always kept: the teachers must not choose
 * the inputs on which their student is measured.
 */
import { dawidSkene, dawidSkeneOfCounts, voteFractions } from '@lyceum/learning/ensemble';
import {
  type CheckedInput,
  DAWID_SKENE_TEACHERS,
  imitationRuleSettings,
  isHeldOut,
  judgeByRule,
  type RuleContext,
  type RuleSettings,
  ruleProblems,
} from '@lyceum/learning/imitation';
import { type Imitation, ruleContext } from '@lyceum/learning/specification';
import {
  answerKey,
  askingsOf,
  type ImitationAnswer,
  isCutOff,
  isUnreadable,
} from '../asking/index.js';
import { type Drift, driftOf, type TeacherDrift, type TeacherSaid } from '../drift/index.js';
import type { ImitationInput } from '../inputs/index.js';
import { byTeacher } from './by-teacher.js';
import {
  confidenceOf,
  explanationsOf,
  majorityOf,
  shareRows,
  sharesOf,
} from './repeated-answers.js';

export interface JudgedInput extends ImitationInput, CheckedInput {
  /** Why the input is dropped, by rule; empty: it is kept. */
  readonly why: readonly string[];
}

export interface Judgement {
  readonly inputs: readonly JudgedInput[];
  /** By teacher: its accuracy on all inputs, estimated from the answers of all teachers without labels. */
  readonly estimatedAccuracy: Readonly<Record<string, number>>;
  /** By teacher: number of inputs with answers of which none can be read. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** By teacher: the answers that cannot be read. */
  readonly unreadableAnswers: Readonly<Record<string, readonly ImitationAnswer[]>>;
  /** [N]: whether the input tells a model what to do. */
  readonly isTold: readonly boolean[];
  /** By rule that the document does not have: the number of inputs that it would drop, never 0. */
  readonly unused: Readonly<Record<string, number>>;
  /** Whether each teacher's answers changed while they were collected. */
  readonly drift: readonly TeacherDrift[];
}

export function judge(
  { spec }: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
): Judgement {
  const said = answersRead(spec, inputs, answers);
  const drift = driftOf(said);
  const consensus = consensusOfAnswers(said, spec.classes);
  const checked = inputs.map((input, n) =>
    checkedInput(input, n, { said, consensus, drift, spec }),
  );
  const context = ruleContext(spec);
  const judgedBy = (rules: readonly RuleSettings[]) =>
    rules.map((own) => ({ rule: own.rule, why: judgeByRule(own, checked, context) }));
  const reasons = judgedBy(spec.check.rules);
  const others = judgedBy(unusedRules(spec.check.rules, context));
  const isToTrain = (n: number) => !isHeldOut(checked[n] as CheckedInput);
  const told = [...reasons, ...others].find(({ rule }) => rule === 'injection')?.why ?? [];
  const ofEach = <T>(of: (teacher: TeacherAnswers, k: number) => T) =>
    Object.fromEntries(said.map((teacher, k) => [teacher.name, of(teacher, k)]));
  return {
    inputs: checked.map((input, n) => ({
      ...input,
      why: isToTrain(n) ? reasons.flatMap(({ why }) => why[n] ?? []) : [],
    })),
    estimatedAccuracy: ofEach((_, k) => consensus.accuracies[k] ?? Number.NaN),
    unreadable: ofEach(
      ({ answers: each, named }) =>
        each.filter((own, n) => own.length > 0 && named[n] === undefined).length,
    ),
    unreadableAnswers: ofEach(({ answers: each }) => each.flat().filter(isUnreadable)),
    isTold: told.map((why) => why !== undefined),
    unused: Object.fromEntries(
      others.flatMap(({ rule, why }) => {
        const count = why.filter((own, n) => own !== undefined && isToTrain(n)).length;
        return count === 0 ? [] : [[rule, count]];
      }),
    ),
    drift: drift.teachers,
  };
}

interface TeacherAnswers extends TeacherSaid {
  readonly isRepeated: boolean;
}

function answersRead(
  { classes, teachers }: Imitation['spec'],
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
): TeacherAnswers[] {
  return teachers.map((teacher) => {
    const askings = askingsOf(teacher, classes);
    const own = inputs.map(({ id }) =>
      askings.flatMap(
        (asking) => answers.get(answerKey({ teacher: teacher.name, id, ...asking })) ?? [],
      ),
    );
    return {
      name: teacher.name,
      isRepeated: teacher.ask.answers > 1,
      answers: own,
      named: own.map(majorityOf),
    };
  });
}

function consensusOfAnswers(
  said: readonly TeacherAnswers[],
  classes: readonly string[],
): Consensus {
  const votes = said.map(({ named }) =>
    Int32Array.from(named, (name) => classes.indexOf(name ?? '')),
  );
  const shares = said.some(({ isRepeated }) => isRepeated)
    ? said.map((own) => shareRows(own.answers, classes))
    : undefined;
  return consensusOf(votes, classes.length, shares);
}

function checkedInput(
  input: ImitationInput,
  n: number,
  of: {
    readonly said: readonly TeacherAnswers[];
    readonly consensus: Consensus;
    readonly drift: Drift;
    readonly spec: Imitation['spec'];
  },
): CheckedInput & ImitationInput {
  /** What `find` finds for each teacher, by the teacher's name. */
  const each = <T>(find: (own: readonly ImitationAnswer[], k: number) => T | undefined) =>
    byTeacher<T>(
      Object.fromEntries(
        of.said.flatMap(({ name, answers }, k): [string, T][] => {
          const found = find(answers[n] ?? [], k);
          return found === undefined ? [] : [[name, found]];
        }),
      ),
    );
  const shares = each((own, k) => (of.said[k]?.isRepeated === true ? sharesOf(own) : undefined));
  const explanations = each(explanationsOf);
  const sure = Object.values(each(confidenceOf));
  const best = of.consensus.best[n] as number;
  const drifted = Object.keys(each((_, k) => of.drift.drifted[k]?.has(n) || undefined));
  return {
    ...input,
    answers: each((_, k) => of.said[k]?.named[n]),
    ...(Object.keys(shares).length > 0 && { shares }),
    ...(Object.keys(explanations).length > 0 && { explanations }),
    cutOff: Object.keys(each((own) => own.find(isCutOff))),
    ...(drifted.length > 0 && { drifted }),
    ...(best >= 0 && {
      consensus: of.spec.classes[best] as string,
      probability: of.consensus.probability[n] as number,
    }),
    ...(sure.length > 0 && { confidence: sure.reduce((sum, c) => sum + c, 0) / sure.length }),
  };
}

/** Rules whose findings are shown even if the document does not name them. */
const TOLD_RULES = ['truncated', 'injection', 'self-consistency', 'drift'] as const;

/** The rules of {@link TOLD_RULES} that the document does not have, and could have. */
function unusedRules(rules: readonly RuleSettings[], context: RuleContext): RuleSettings[] {
  return TOLD_RULES.filter((name) => rules.every(({ rule }) => rule !== name))
    .map((rule) => imitationRuleSettings.parse({ rule }))
    .filter((own) => ruleProblems(own, context).length === 0);
}

interface Consensus {
  /** [N]; −1: no votes. */
  readonly best: Int32Array;
  readonly probability: Float64Array;
  /**
   * By teacher: the mean probability of the classes that it named, 0 where it named none. Empty if there are fewer
   * than three teachers.
   */
  readonly accuracies: readonly number[];
}

/**
 * @param votes - [N] for each teacher: the index of the class that it names; −1: none.
 * @param shares - [N, C] for each teacher, if a teacher gives several answers: the share of its answers that name each
 *   class. Its answers together weigh as one: a teacher that errs five times on one input is not five teachers.
 */
export function consensusOf(
  votes: readonly Int32Array[],
  classCount: number,
  shares?: readonly Float64Array[],
): Consensus {
  const count = votes[0]?.length ?? 0;
  const best = new Int32Array(count).fill(-1);
  const probability = new Float64Array(count);
  const fitted = () =>
    shares === undefined ? dawidSkene(votes, classCount) : dawidSkeneOfCounts(shares, classCount);
  const fit = votes.length < DAWID_SKENE_TEACHERS ? undefined : fitted();
  for (let n = 0; n < count; n++) {
    const rowOf = (own: Float64Array) => own.subarray(n * classCount, (n + 1) * classCount);
    const fractions =
      shares === undefined
        ? voteFractions(
            votes.map((own) => own[n] as number),
            classCount,
          )
        : meanShares(shares.map(rowOf), classCount);
    if (fractions === null) continue;
    const row = fit === undefined ? fractions : rowOf(fit.posterior);
    const greatest = Math.max(...row);
    best[n] = row.indexOf(greatest);
    probability[n] = greatest;
  }
  // From the posterior, not from the confusion matrix: with many classes, its smoothing makes teachers look worse.
  const accuracies = votes.flatMap((own) => {
    if (fit === undefined) return [];
    const right = own.reduce(
      (sum, vote, n) => sum + (vote < 0 ? 0 : (fit.posterior[n * classCount + vote] as number)),
      0,
    );
    return [right / count];
  });
  return { best, probability, accuracies };
}

/** The mean of the teachers' shares, whatever the number of their answers; null: no teacher names a class. */
function meanShares(counts: readonly Float64Array[], classCount: number): Float64Array | null {
  const shares = counts.flatMap((own) => {
    const all = own.reduce((sum, count) => sum + count, 0);
    return all > 0 ? [own.map((count) => count / all)] : [];
  });
  if (shares.length === 0) return null;
  const mean = new Float64Array(classCount);
  for (const own of shares) for (const [c, share] of own.entries()) mean[c] = (mean[c] ?? 0) + share / shares.length; // biome-ignore format: one line
  return mean;
}
