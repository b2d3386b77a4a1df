/**
 * Which inputs a student learns from, by named rules over what black boxes said of them. Pure.
 *
 * Rules judge inputs to train on. Held-out ones, whose split is given, are kept whatever rules say: what a student is
 * measured on must not be chosen by those whom it imitates.
 */
import { dawidSkene, voteFractions } from '@lyceum/learning/ensemble';
import type { Imitation, ImitationRule } from '@lyceum/learning/specification';
import { answerKey, type ImitationAnswer } from './answers-file.js';
import { driftOf, type TeacherDrift } from './drift.js';
import type { ImitationInput } from './inputs.js';
import { askedDigest } from './questions.js';

export interface JudgedInput extends ImitationInput {
  /** By teacher; null: it does not know. Who has not answered, or not so that it can be read, is not there. */
  readonly answers: Readonly<Record<string, string | null>>;
  /** The most probable class behind the answers; absent without any. */
  readonly consensus?: string;
  /** Of the consensus: by Dawid and Skene of three teachers or more, else the share of the votes. */
  readonly probability?: number;
  readonly confidence?: number;
  /** Why it is dropped, by rule; empty: it is kept. */
  readonly why: readonly string[];
}

export interface Judgement {
  readonly inputs: readonly JudgedInput[];
  /** Of each teacher: the share of all inputs that it is right about, by what its answers and the others' show, labels aside. */
  readonly estimatedAccuracy: Readonly<Record<string, number>>;
  /** Of each teacher: inputs that it answered so that nobody can read it. */
  readonly unreadable: Readonly<Record<string, number>>;
  /** Whether each teacher's answers changed while they were collected. */
  readonly drift: readonly TeacherDrift[];
}

/** Fewer votes do not determine who errs how. */
const DAWID_SKENE_TEACHERS = 3;

export function judge(
  { spec }: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
): Judgement {
  const { classes, teachers, check } = spec;
  const byTeacher = teachers.map(({ name, endpoint }) => {
    const asked = askedDigest(endpoint, classes);
    return inputs.map(({ id }) => answers.get(answerKey({ teacher: name, id, asked })));
  });
  const votes = byTeacher.map((own) =>
    Int32Array.from(own, (answer) => classes.indexOf(answer?.class ?? '')),
  );
  const consensus = consensusOf(votes, classes.length);
  const alike = duplicates(inputs);
  const judged = inputs.map((input, n): JudgedInput => {
    const own = byTeacher.map((all) => all[n]);
    const readable = own.flatMap((answer, k) =>
      answer === undefined || answer.problem !== undefined
        ? []
        : [[teachers[k]?.name ?? '', answer.class] as const],
    );
    const sure = own.flatMap((answer) => answer?.confidence ?? []);
    const best = consensus.best[n] as number;
    const made = {
      ...input,
      answers: Object.fromEntries(readable),
      ...(best >= 0 && {
        consensus: classes[best] as string,
        probability: consensus.probability[n] as number,
      }),
      ...(sure.length > 0 && { confidence: sure.reduce((sum, c) => sum + c, 0) / sure.length }),
    };
    const heldOut = input.split !== undefined && input.split !== 'train';
    const like = alike.get(n);
    const why = heldOut
      ? []
      : check.rules.flatMap((rule) => broken(rule, made, teachers.length, like) ?? []);
    return { ...made, why };
  });
  const estimatedAccuracy = Object.fromEntries(
    teachers.map(({ name }, k) => [name, consensus.accuracies[k] ?? Number.NaN]),
  );
  const unreadable = Object.fromEntries(
    teachers.map(({ name }, k) => [
      name,
      byTeacher[k]?.filter((answer) => answer?.problem !== undefined).length ?? 0,
    ]),
  );
  const drift = driftOf(
    teachers.map(({ name }) => name),
    byTeacher,
  );
  return { inputs: judged, estimatedAccuracy, unreadable, drift };
}

interface Consensus {
  /** [N]; −1: nobody voted. */
  readonly best: Int32Array;
  readonly probability: Float64Array;
  /** Of each teacher: the mean over inputs of the probability of what it named, 0 where it named nothing. Of fewer than three: none. */
  readonly accuracies: readonly number[];
}

/** @param votes - [N] a teacher; −1: none. */
export function consensusOf(votes: readonly Int32Array[], classCount: number): Consensus {
  const count = votes[0]?.length ?? 0;
  const best = new Int32Array(count).fill(-1);
  const probability = new Float64Array(count);
  const fit = votes.length < DAWID_SKENE_TEACHERS ? undefined : dawidSkene(votes, classCount);
  for (let n = 0; n < count; n++) {
    const cast = votes.map((own) => own[n] as number);
    const shares = voteFractions(cast, classCount);
    if (shares === null) continue;
    const row =
      fit === undefined ? shares : fit.posterior.subarray(n * classCount, (n + 1) * classCount);
    const greatest = Math.max(...row);
    best[n] = row.indexOf(greatest);
    probability[n] = greatest;
  }
  // The posterior of what each named, and not its confusion, whose smoothing makes teachers worse where classes are many.
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

/** Why the rule drops the input; undefined: it does not. */
function broken(
  rule: ImitationRule,
  input: Omit<JudgedInput, 'why'>,
  teacherCount: number,
  like: string | undefined,
): string | undefined {
  switch (rule.rule) {
    case 'schema': {
      const got = Object.keys(input.answers).length;
      const want = rule.atLeast ?? teacherCount;
      return got < want ? `schema: ${got} answers that can be read, want ${want}` : undefined;
    }
    case 'duplicates':
      return like === undefined ? undefined : `duplicates: as ${like}`;
    case 'length': {
      const length = 'text' in input.value ? [...input.value.text].length : undefined;
      if (length === undefined) return undefined;
      const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = rule;
      if (length >= atLeast && length <= atMost) return undefined;
      return `length: ${length} characters`;
    }
    case 'agreement': {
      const counts = new Map<string, number>();
      for (const own of Object.values(input.answers)) {
        if (own !== null) counts.set(own, (counts.get(own) ?? 0) + 1);
      }
      const most = Math.max(0, ...counts.values());
      return most < rule.atLeast
        ? `agreement: ${most} say the same, want ${rule.atLeast}`
        : undefined;
    }
    case 'dawid-skene': {
      const { probability = 0 } = input;
      if (probability >= rule.atLeast) return undefined;
      return `dawid-skene: ${probability.toFixed(3)}, want ${rule.atLeast}`;
    }
    case 'confidence': {
      const { confidence } = input;
      if (confidence === undefined || confidence >= rule.atLeast) return undefined;
      return `confidence: ${confidence.toFixed(3)}, want ${rule.atLeast}`;
    }
  }
}

/** Of inputs that are alike but for case and spaces all but one: held-out ones come before those to train on. */
function duplicates(inputs: readonly ImitationInput[]): Map<number, string> {
  const first = new Map<string, string>();
  const again = new Map<number, string>();
  const rank = ({ split }: ImitationInput) => (split === undefined || split === 'train' ? 1 : 0);
  const order = [...inputs.keys()].sort(
    (a, b) => rank(inputs[a] as ImitationInput) - rank(inputs[b] as ImitationInput) || a - b,
  );
  for (const n of order) {
    const { value, id } = inputs[n] as ImitationInput;
    const key =
      'text' in value
        ? value.text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
        : JSON.stringify(value);
    const known = first.get(key);
    if (known === undefined) first.set(key, id);
    else again.set(n, known);
  }
  return again;
}
