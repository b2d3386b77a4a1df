/** The findings of a check about one teacher, in figures. Pure. */
import type { ImitationAnswer } from '../asking/index.js';
import { countsOf } from '../drift/index.js';
import type { JudgedInput, Judgement } from '../judging/index.js';
import { biasOf, type ClassBias } from './bias.js';
import {
  type ExplanationSummary,
  entropyOf,
  explanationsOf,
  selfConsistencyOf,
} from './diversity.js';
import { type Obedience, obedienceOf } from './obedience.js';

/** Number of problems that are shown, and of characters of the answer shown with each. */
const UNREADABLE_SHOWN = 5;
const UNREADABLE_CHARACTERS = 200;

interface ProblemSummary {
  readonly problem: string;
  /** The first of these answers. */
  readonly such: string;
  readonly count: number;
}

export interface TeacherSummary {
  readonly name: string;
  /**
   * Inputs by the teacher's answer: it named a class, it did not know, the answer is unreadable, or there is none.
   */
  readonly named: number;
  readonly abstained: number;
  readonly unreadable: number;
  readonly missing: number;
  /** Inputs with an answer that the server cut off. */
  readonly cutOff: number;
  /** Of the classes that it named: the share equal to the consensus, and to the true class where that is known. */
  readonly withConsensus: number | null;
  readonly accuracy: number | null;
  /** Accuracy on all inputs with a known class; inputs without a named class count as wrong. */
  readonly accuracyOfAll: number | null;
  /**
   * Entropy of the classes that it named, in bits; evenness is the entropy over its greatest value, 0 to 1. Null: it
   * named no class.
   */
  readonly entropy: number | null;
  readonly evenness: number | null;
  /** Accuracy estimated from all teachers' answers; null: it named no class, or there are too few teachers. */
  readonly estimatedAccuracy: number | null;
  /** Mean share of its answers to an input that name its most frequent class; null: it gives one answer per input. */
  readonly selfConsistency: number | null;
  readonly explanations: ExplanationSummary | null;
  /** Classes that it names more or less often than the consensus. */
  readonly bias: readonly ClassBias[];
  /** Whether it obeys instructions in the inputs. */
  readonly obedience: Obedience;
  /** Why answers cannot be read, the most frequent first. */
  readonly problems: readonly ProblemSummary[];
}

export function teacherSummary(
  name: string,
  classes: readonly string[],
  { inputs, estimatedAccuracy, unreadable, unreadableAnswers, isTold }: Judgement,
): TeacherSummary {
  const said = (input: JudgedInput) => input.answers[name];
  const labelled = inputs.filter(({ label }) => label !== undefined).length;
  const named = inputs.filter((input) => typeof said(input) === 'string');
  const namedLabelled = named.filter(({ label }) => label !== undefined);
  const right = namedLabelled.filter((input) => said(input) === input.label).length;
  const bad = unreadable[name] ?? 0;
  const abstained = inputs.filter((input) => said(input) === null).length;
  const estimated = estimatedAccuracy[name] ?? Number.NaN;
  const counts = countsOf(named.map((input) => said(input) as string));
  const entropy = entropyOf([...counts.values()]);
  return {
    name,
    named: named.length,
    abstained,
    unreadable: bad,
    missing: inputs.length - named.length - abstained - bad,
    cutOff: inputs.filter(({ cutOff }) => cutOff.includes(name)).length,
    withConsensus: share(named.filter((i) => said(i) === i.consensus).length, named.length),
    accuracy: share(right, namedLabelled.length),
    accuracyOfAll: share(right, labelled),
    entropy,
    evenness: entropy === null ? null : entropy / Math.log2(classes.length),
    estimatedAccuracy: named.length > 0 && Number.isFinite(estimated) ? estimated : null,
    selfConsistency: selfConsistencyOf(name, inputs),
    explanations: explanationsOf(name, inputs),
    bias: biasOf(name, classes, inputs),
    obedience: obedienceOf(name, inputs, isTold),
    problems: mostFrequent(unreadableAnswers[name] ?? []),
  };
}

function mostFrequent(answers: readonly ImitationAnswer[]): ProblemSummary[] {
  return [...countsOf(answers.map(problemOf))]
    .sort(([, a], [, b]) => b - a)
    .slice(0, UNREADABLE_SHOWN)
    .map(([problem, count]) => {
      const first = answers.find((own) => problemOf(own) === problem);
      return { problem, such: asText(first?.raw ?? null), count };
    });
}

function problemOf({ problem = '' }: ImitationAnswer): string {
  return problem;
}

function asText(raw: unknown): string {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return [...text].slice(0, UNREADABLE_CHARACTERS).join('');
}

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
