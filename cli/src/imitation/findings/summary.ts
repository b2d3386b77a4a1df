/** The findings of an imitation's check, in figures. Pure. */
import type { Imitation } from '@lyceum/learning/specification';
import type { TeacherDrift } from '../drift/index.js';
import type { JudgedInput, Judgement } from '../judging/index.js';
import { distinctOf } from './diversity.js';
import { share, type TeacherSummary, teacherSummary } from './teacher-summary.js';

/** The effect of one rule of the document. */
interface RuleSummary {
  readonly name: string;
  /** Inputs that the rule drops; `only` counts those that no other rule drops. */
  readonly drops: number;
  readonly only: number;
  /** Accuracy of the consensus on the inputs that the rule drops, where the true class is known. */
  readonly consensusAccuracy: number | null;
}

export interface CheckSummary {
  readonly name: string;
  readonly inputs: number;
  readonly repeated: number;
  readonly kept: number;
  readonly dropped: number;
  readonly labelled: number;
  /** Inputs that teachers wrote, and how many of these are kept. */
  readonly written: number;
  readonly writtenKept: number;
  readonly rules: readonly RuleSummary[];
  /** Rules that the document does not have, with the number of inputs that each would drop; never 0. */
  readonly unused: Readonly<Record<string, number>>;
  readonly byClass: readonly {
    readonly name: string;
    readonly kept: number;
    readonly dropped: number;
  }[];
  readonly teachers: readonly TeacherSummary[];
  /** For each pair of teachers: the share of equal classes, of the inputs where both name one. */
  readonly agreement: readonly (readonly (number | null)[])[];
  /** Accuracy of the consensus where the true class is known: on all inputs, and on those that are kept. */
  readonly consensusAccuracy: number | null;
  readonly keptAccuracy: number | null;
  /** distinct-1 and distinct-2 of the kept texts: the shares of words and of pairs of words that are different. */
  readonly distinct: readonly [words: number, pairs: number] | null;
  /** Whether each teacher's answers changed while they were collected. */
  readonly drift: readonly TeacherDrift[];
}

export function summarise(
  { metadata, spec }: Imitation,
  judgement: Judgement,
  repeated: number,
): CheckSummary {
  const { inputs, drift, unused } = judgement;
  const kept = inputs.filter(({ why }) => why.length === 0);
  const names = spec.teachers.map(({ name }) => name);
  return {
    name: metadata.name,
    inputs: inputs.length,
    repeated,
    kept: kept.length,
    dropped: inputs.length - kept.length,
    labelled: inputs.filter(({ label }) => label !== undefined).length,
    written: writtenCount(inputs),
    writtenKept: writtenCount(kept),
    rules: [...new Set(spec.check.rules.map(({ rule }) => rule))].map((rule) =>
      ruleSummary(rule, inputs),
    ),
    unused,
    byClass: spec.classes.map((name) => {
      const own = inputs.filter(({ consensus }) => consensus === name);
      const ownKept = own.filter(({ why }) => why.length === 0).length;
      return { name, kept: ownKept, dropped: own.length - ownKept };
    }),
    teachers: names.map((name) => teacherSummary(name, spec.classes, judgement)),
    agreement: names.map((a) =>
      names.map((b) => {
        const both = inputs.filter(
          (i) => typeof i.answers[a] === 'string' && typeof i.answers[b] === 'string',
        );
        return share(both.filter((i) => i.answers[a] === i.answers[b]).length, both.length);
      }),
    ),
    consensusAccuracy: consensusAccuracy(inputs),
    keptAccuracy: consensusAccuracy(kept),
    distinct: distinctOf(kept.flatMap(({ value }) => ('text' in value ? [value.text] : []))),
    drift,
  };
}

function writtenCount(inputs: readonly JudgedInput[]): number {
  return inputs.filter(({ writtenBy }) => writtenBy !== undefined).length;
}

function ruleSummary(name: string, inputs: readonly JudgedInput[]): RuleSummary {
  const dropped = inputs.filter((input) => rulesOf(input).has(name));
  return {
    name,
    drops: dropped.length,
    only: dropped.filter((input) => rulesOf(input).size === 1).length,
    consensusAccuracy: consensusAccuracy(dropped),
  };
}

/** Names of the rules that drop the input. */
export function rulesOf({ why }: JudgedInput): Set<string> {
  return new Set(why.map((reason) => reason.split(':', 1)[0] ?? ''));
}

function consensusAccuracy(inputs: readonly JudgedInput[]): number | null {
  const labelled = inputs.filter(({ label }) => label !== undefined);
  const right = labelled.filter(({ label, consensus }) => label === consensus);
  return share(right.length, labelled.length);
}
