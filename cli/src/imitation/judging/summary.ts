/** What an imitation's check found, in figures. Pure. */
import { distinctShare, wordsOf } from '@lyceum/learning/imitation';
import type { Imitation } from '@lyceum/learning/specification';
import type { TeacherDrift } from './drift.js';
import type { JudgedInput, Judgement } from './judge.js';

interface TeacherSummary {
  readonly name: string;
  /** Inputs that it named a class of, did not know, answered so that nobody can read it, and was not asked about or silent on. */
  readonly named: number;
  readonly abstained: number;
  readonly unreadable: number;
  readonly missing: number;
  /** Of its answers that name a class: as the consensus, and as the true class where that is known. */
  readonly withConsensus: number | null;
  readonly accuracy: number | null;
  /** Of all inputs with a known class, those that it is silent on included. */
  readonly accuracyOfAll: number | null;
  /** Entropy of the classes that it named, over that of equally many of each, 0 to 1; null: it named none. */
  readonly evenness: number | null;
  /** What the answers alone say of how often it is right; null: it named none, or there are too few teachers. */
  readonly estimatedAccuracy: number | null;
}

export interface CheckSummary {
  readonly name: string;
  readonly inputs: number;
  readonly repeated: number;
  readonly kept: number;
  readonly dropped: number;
  readonly labelled: number;
  /** Inputs that each rule alone would drop. */
  readonly byRule: Readonly<Record<string, number>>;
  readonly byClass: readonly {
    readonly name: string;
    readonly kept: number;
    readonly dropped: number;
  }[];
  readonly teachers: readonly TeacherSummary[];
  /** Share of equal classes where both name one; by teacher and teacher. */
  readonly agreement: readonly (readonly (number | null)[])[];
  /** Of the consensus, where the true class is known. */
  readonly consensusAccuracy: number | null;
  /** Of the kept texts: distinct-1 and distinct-2, the shares of words and of pairs of words that are different. */
  readonly distinct: readonly [words: number, pairs: number] | null;
  /** Whether each teacher's answers changed while they were collected. */
  readonly drift: readonly TeacherDrift[];
}

export function summarise(
  { metadata, spec }: Imitation,
  { inputs, estimatedAccuracy, unreadable, drift }: Judgement,
  repeated: number,
): CheckSummary {
  const kept = inputs.filter(({ why }) => why.length === 0);
  const byRule: Record<string, number> = {};
  for (const { rule } of spec.check.rules) byRule[rule] = 0;
  for (const { why } of inputs) {
    for (const rule of new Set(why.map((reason) => reason.split(':', 1)[0] ?? ''))) {
      byRule[rule] = (byRule[rule] ?? 0) + 1;
    }
  }
  const labelled = inputs.filter(({ label }) => label !== undefined);
  const names = spec.teachers.map(({ name }) => name);
  return {
    name: metadata.name,
    inputs: inputs.length,
    repeated,
    kept: kept.length,
    dropped: inputs.length - kept.length,
    labelled: labelled.length,
    byRule,
    byClass: spec.classes.map((name) => {
      const own = inputs.filter(({ consensus }) => consensus === name);
      const ownKept = own.filter(({ why }) => why.length === 0).length;
      return { name, kept: ownKept, dropped: own.length - ownKept };
    }),
    teachers: names.map((name) => {
      const said = (input: JudgedInput) => input.answers[name];
      const named = inputs.filter((input) => typeof said(input) === 'string');
      const namedLabelled = named.filter(({ label }) => label !== undefined);
      const right = namedLabelled.filter((input) => said(input) === input.label).length;
      const bad = unreadable[name] ?? 0;
      const abstained = inputs.filter((input) => said(input) === null).length;
      const estimated = estimatedAccuracy[name] ?? Number.NaN;
      return {
        name,
        named: named.length,
        abstained,
        unreadable: bad,
        missing: inputs.length - named.length - abstained - bad,
        withConsensus: share(named.filter((i) => said(i) === i.consensus).length, named.length),
        accuracy: share(right, namedLabelled.length),
        accuracyOfAll: share(right, labelled.length),
        evenness: evenness(spec.classes.map((own) => named.filter((i) => said(i) === own).length)),
        estimatedAccuracy: named.length > 0 && Number.isFinite(estimated) ? estimated : null,
      };
    }),
    agreement: names.map((a) =>
      names.map((b) => {
        const both = inputs.filter(
          (i) => typeof i.answers[a] === 'string' && typeof i.answers[b] === 'string',
        );
        return share(both.filter((i) => i.answers[a] === i.answers[b]).length, both.length);
      }),
    ),
    consensusAccuracy: share(
      labelled.filter(({ label, consensus }) => label === consensus).length,
      labelled.length,
    ),
    distinct: distinct(kept),
    drift,
  };
}

/** @param counts - of each class. */
function evenness(counts: readonly number[]): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const entropy = counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / all) * Math.log(count / all)),
    0,
  );
  return entropy / Math.log(counts.length);
}

function distinct(kept: readonly JudgedInput[]): CheckSummary['distinct'] {
  const texts = kept.flatMap(({ value }) => ('text' in value ? [wordsOf(value.text)] : []));
  const [words, pairs] = [distinctShare(texts, 1), distinctShare(texts, 2)];
  return words === undefined || pairs === undefined ? null : [words, pairs];
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
