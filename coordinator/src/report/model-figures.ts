/** One model's figures on one split: how good the model is, and how close to its references. Pure. */
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

/** A teacher, or the ensemble, that models are compared with. */
export interface Reference {
  /** Name of the reference's array in the predictions file. */
  readonly name: string;
  /** [N, C] */
  readonly logits: Float32Array;
  /** Mean KL(reference ‖ model). */
  readonly kl: number;
  /** The classes that the teacher knows: models are compared with it among these. Absent: all classes. */
  readonly known?: AmongKnown;
}

/** @param logits - [N, C], of the samples of `labels`, as are the references' logits. */
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

/** Fidelity on samples of the classes that the reference knows, from the model's outputs for these classes alone. */
function fidelityAmong(
  { name, logits: all }: Reference,
  { of, labels, classCount }: AmongKnown,
  logits: Values,
): ReportFigures['fidelity'][number] {
  const [reference, model] = [of(all), of(logits)];
  const kl = klDivergence(reference, model, labels.length, classCount);
  return fidelityTo({ name, logits: reference, kl }, model, labels, classCount);
}

/** The figures that need labels; null if no sample has a label. */
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

/** Null for NaN, if no sample counts, and for infinity, as from a probability of 0. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
