/**
 * All facts about an ensemble rule: for a run's schema, for the checks between fields and for the computation.
 *
 * A rule is one file with one of these, and one line in table.ts. An optional field that is absent does not hold of
 * the rule.
 */
import type { Values } from '../../arrays/index.js';
import type { KnownClasses } from '../teachers/index.js';
import type { BatchAnswers, CombinationFit, Combined } from './combined.js';

/** The settings of all rules, as spec.ensemble has them. */
interface WrittenSettings {
  readonly weighting?: string | undefined;
  readonly bound?: number | undefined;
  readonly rule?: string | undefined;
  readonly settings?: Readonly<Record<string, number>> | undefined;
}

export interface EnsembleRule<Own extends { readonly combine: string }> {
  readonly name: Own['combine'];
  /** Turns what a run writes into the rule with its settings. Checks between fields report wrong settings. */
  settled(written: WrittenSettings): Own;
  /** A batch's pool. @throws {LyceumError} INVALID_ARGUMENT if the rule has not been fitted, or answers do not fit. */
  combined(own: Own, answers: RuleAnswers, fit: CombinationFit): Combined;

  /** Values of `weighting`; the first is the default. */
  readonly weightings?: readonly [string, ...string[]];
  /** Computes the teachers' weights, so that `teachers[].weight` has no say. */
  readonly computesWeights?: true;
  /** How the rule is fitted, on the validation split before training. */
  readonly fit?: RuleFit<Own>;
  /** Looks at nothing but the teachers' final answers, which no temperature changes. */
  readonly ofVotes?: true;
  /** Has no share of each teacher, by which logits could be averaged. */
  readonly withoutShares?: true;
  /** Why it has no pool of standardised logits. */
  readonly noStandardizing?: string;
  /** Needs the one label of each sample. */
  readonly needsLabels?: true;
  /** Is meaningful only if every teacher knows every class. */
  readonly needsAllClasses?: true;
  /** Averages probabilities by weights that do not depend on the sample: each teacher's top classes are enough. */
  readonly isOfTopK?: true;
  /** Is computed in the student, from each teacher's logits. */
  readonly inStudent?: true;
  /** Is the plugin's: named with a `rule` beside it, so that no message proposes it by its name alone. */
  readonly ofPlugin?: true;
  /** Refuses a term that compares with some of the teachers only, if the rule cannot serve it. */
  refusedTerm?(term: TermBeside): RefusedTerm | undefined;

  /** Why an ensemble cannot be measured by the rule without a student. */
  readonly notEvaluated?: string;
  /** Another rule that always gives the same answers. */
  readonly equals?: string;
  /** Worth measuring calibrated too, as calibration can change an answer. */
  readonly worthCalibrating?: true;
}

/** A rule's input: a batch's answers, and the shares that a rule of the program's plugin gives. */
interface RuleAnswers extends BatchAnswers {
  pluginShares(rule: string, settings: Readonly<Record<string, number>>): Float64Array;
}

interface RuleFit<Own> {
  /** Fits to the logits of all teachers together: cannot be used for some of them, nor for final answers. */
  readonly ofAllTogether?: true;
  /** Measures each teacher by itself, on samples of the classes that it knows. */
  readonly ofEachTeacher?: true;
  numberCount(teacherCount: number, classCount: number): number;
  find(own: Own, heldOut: HeldOut): CombinationFit;
}

/** Symbols: K teachers, N samples, C classes. */
interface HeldOut {
  /** One [N, C] a teacher. */
  readonly teacherLogits: readonly Float64Array[];
  /** [N], in [0, C). */
  readonly labels: Int32Array;
  readonly classCount: number;
  readonly knownClasses: readonly KnownClasses[];
  /** A figure of one teacher on the samples and classes that it knows. */
  onKnown(
    measure: (logits: Values, labels: Int32Array, classCount: number) => number,
    teacher: number,
  ): number;
}

/** A term that compares with what the teachers say together. */
interface TermBeside {
  readonly name: string;
  /** Whether the term can be computed from each teacher's logits. */
  readonly ofEachTeacher: boolean;
  /** How many teachers the term compares with, and how many the run has. */
  readonly ownCount: number;
  readonly teacherCount: number;
}

interface RefusedTerm {
  /** Which part of the term is wrong: its name, or its choice of teachers. */
  readonly at: 'term' | 'teachers';
  /** @param rule - `spec.ensemble.combine: NAME`. */
  message(rule: string): string;
}

/** The word that was written; if none was, the first. */
export function wordOf<Word extends string>(
  words: readonly [Word, ...Word[]],
  written: string | undefined,
): Word {
  return words.find((word) => word === written) ?? words[0];
}
