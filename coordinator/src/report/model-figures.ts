/** How good one model is on the samples of one split, and how like others. Pure. */
import type { Values } from '@lyceum/learning/arrays';
import {
  type AmongKnown,
  accuracy,
  agreement,
  agreementWhereTeacherWrong,
  brier,
  ece,
  klDivergence,
  nll,
  recalls,
} from '@lyceum/learning/ensemble';
import type { ReportFigures } from '../documents/index.js';

const ECE_BIN_COUNT = 15;

/** What a model is compared with: a teacher, or the ensemble. */
export interface Reference {
  /** Name of its array in the predictions file. */
  readonly name: string;
  /** [N, C] */
  readonly logits: Float32Array;
  /** Mean KL(it ‖ the model). */
  readonly kl: number;
  /** For a teacher that knows some of the classes: models are compared with it among these. Absent: it knows all. */
  readonly known?: AmongKnown;
}

/** @param logits - [N, C], as are the references'; of the samples of `labels`. */
export function modelFigures(
  logits: Float32Array,
  labels: Int32Array,
  classCount: number,
  references: readonly Reference[],
): Omit<ReportFigures, 'agreementWithEnsemble'> {
  return {
    ...labelFigures(logits, labels, classCount),
    perClassRecall: Array.from(recalls(logits, labels, classCount), finiteOrNull),
    fidelity: references.map((reference) =>
      reference.known === undefined
        ? fidelityTo(reference, logits, labels, classCount)
        : fidelityAmong(reference, reference.known, logits),
    ),
  };
}

function fidelityTo(
  reference: Pick<Reference, 'name' | 'kl'> & { readonly logits: Values },
  logits: Values,
  labels: Int32Array,
  classCount: number,
): ReportFigures['fidelity'][number] {
  return {
    to: reference.name,
    agreement: finiteOrNull(agreement(logits, reference.logits, labels.length, classCount)),
    // A divergence is not negative; rounding may make it so.
    kl: finiteOrNull(Math.max(0, reference.kl)),
    agreementWhereWrong: finiteOrNull(
      agreementWhereTeacherWrong(logits, reference.logits, labels, classCount),
    ),
  };
}

/** On samples of the classes that the reference knows, by what the model says of these classes alone. */
function fidelityAmong(
  { name, logits: all }: Reference,
  { of, labels, classCount }: AmongKnown,
  logits: Values,
): ReportFigures['fidelity'][number] {
  const [reference, model] = [of(all), of(logits)];
  const kl = klDivergence(reference, model, labels.length, classCount);
  return fidelityTo({ name, logits: reference, kl }, model, labels, classCount);
}

/** The figures that need labels; null where no sample has one. */
export function labelFigures(
  logits: Float32Array,
  labels: Int32Array,
  classCount: number,
): Pick<ReportFigures, 'accuracy' | 'nll' | 'ece' | 'brier'> {
  return {
    accuracy: finiteOrNull(accuracy(logits, labels, classCount)),
    nll: finiteOrNull(nll(logits, labels, classCount)),
    ece: finiteOrNull(ece(logits, labels, classCount, ECE_BIN_COUNT)),
    brier: finiteOrNull(brier(logits, labels, classCount)),
  };
}

/** NaN where nothing counts; infinite where a probability of 0 does. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
