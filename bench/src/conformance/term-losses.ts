/** Losses of cases, computed by the same table of terms as in runs. */
import type { Combination } from '@lyceum/learning/ensemble';
import { type AnswerInputs, temperedSoftmax, termNamed } from '@lyceum/learning/objectives';
import type { Scalar, Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import type { Tolerance } from './case.js';
import type { CaseFields } from './case-fields.js';

/** Results of a case besides its loss, by their names under `expected`. */
type Extras = Readonly<Record<string, () => unknown>>;

export interface Term {
  loss(tf: Tf, fields: CaseFields): Scalar;
  extras?(tf: Tf, fields: CaseFields): Extras;
  readonly tolerance?: Tolerance;
}

/** A term as a run writes it. */
type Written = Readonly<Record<string, unknown>>;

/**
 * A term of two weighted parts.
 *
 * @param fields - the term's names of both weights, by the case's names.
 * @param parts - the term's names of both weights, by the names of the parts under `expected.parts`.
 */
export function weighted(
  term: string,
  fields: Readonly<Record<string, string>>,
  parts: Readonly<Record<string, string>>,
  loss: (tf: Tf, f: CaseFields, written: Written) => Scalar,
): Term {
  const mapped = <T>(
    of: Readonly<Record<string, string>>,
    value: (from: string, to: string) => T,
  ) => Object.entries(of).map(([from, to]) => value(from, to));
  const none = Object.fromEntries(mapped(fields, (_, to) => [to, 0]));
  return {
    loss: (tf, f) =>
      loss(tf, f, {
        term,
        ...Object.fromEntries(mapped(fields, (from, to) => [to, f.number(from)])),
      }),
    extras: (tf, f) => ({
      parts: () =>
        Object.fromEntries(
          mapped(parts, (part, weight) => [
            part,
            numberOf(loss(tf, f, { term, ...none, [weight]: 1 })),
          ]),
        ),
    }),
  };
}

/** The loss with the teacher's probabilities at the case's temperature. */
export function pooledLoss(tf: Tf, f: CaseFields, written: Written): Scalar {
  const target = temperedSoftmax(tf, f.matrix('teacherLogits'), f.tau);
  return answerLoss(tf, f, { temperature: f.tau, ...written }, target);
}

export function labelLoss(tf: Tf, f: CaseFields, hardLabels: Tensor2D): Scalar {
  const term = termNamed('ce');
  if (term?.of !== 'labels') throw new Error('want ce to be a term of labels');
  return term.loss(tf, term.settings.parse({ term: 'ce' }), { logits: f.logits(), hardLabels });
}

export function answerLoss(
  tf: Tf,
  f: CaseFields,
  written: Written,
  values: Tensor,
  combination: Combination = { combine: 'arithmetic' },
): Scalar {
  const term = termNamed(written['term']);
  if (term?.of !== 'answers') throw new Error(`${written['term']} is not a term of answers`);
  const own = term.settings.parse(written);
  const { kind } = term.target(own, combination);
  return term.loss(tf, own, {
    kind,
    values,
    combination,
    logits: f.logits(),
    teacherWeights: f.optionalNumbers('teacherWeights'),
    // Not all cases have labels.
    get hardLabels() {
      return f.labels();
    },
  } as AnswerInputs);
}

export function featureLoss(
  tf: Tf,
  f: CaseFields,
  written: Written,
  student: Tensor = f.tensor('studentFeatures'),
): Scalar {
  const term = termNamed(written['term']);
  if (term?.of !== 'features') throw new Error(`${written['term']} is not a term of features`);
  const own = term.settings.parse({ hintLayer: 'hint', guidedLayer: 'guided', ...written });
  return term.loss(tf, own, student, f.tensor('teacherFeatures'));
}

export function numberOf(scalar: Scalar): number {
  return scalar.dataSync()[0] as number;
}
