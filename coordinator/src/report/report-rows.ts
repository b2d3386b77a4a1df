/** A report's rows: each model's figures, and how the model compares with the ensemble and the teachers. Pure. */
import type { SplitName } from '@lyceum/learning/datasets';
import { amongKnown, pairwiseDivergences } from '@lyceum/learning/ensemble';
import type { Report, ReportFigures, ReportModelRow } from '../documents/index.js';
import { modelFigures, type Reference } from './model-figures.js';
import type {
  ModelEvaluation,
  ReportInput,
  SplitLogits,
  StudentEvaluation,
} from './report-input.js';

/** Greatest number of recalls in a report: it stays well below the limit of one message. */
const RECALLS_MAX = 100_000;

export class ReportRows {
  readonly #input: ReportInput;
  readonly #comparisons: Readonly<Record<SplitName, (logits: Float32Array) => Reference[]>>;
  /** Teachers that answer with a class only: how certain they are is not known. */
  readonly #black: ReadonlySet<string>;
  readonly #withRecalls: boolean;

  /** @param ensembleLogits - undefined: there are no teachers. */
  constructor(input: ReportInput, ensembleLogits: SplitLogits | undefined) {
    this.#input = input;
    this.#comparisons = {
      train: comparisonOf(input, ensembleLogits, 'train'),
      validation: comparisonOf(input, ensembleLogits, 'validation'),
      test: comparisonOf(input, ensembleLogits, 'test'),
    };
    const black = input.teachers.filter(({ access }) => access === 'black');
    this.#black = new Set(black.map(({ name }) => `teacher.${name}`));
    // Rows: teachers, ensemble and up to three students, on three splits.
    this.#withRecalls = (input.teachers.length + 4) * 3 * input.dataset.classCount <= RECALLS_MAX;
  }

  /** @param name - `ensemble`, `student` or `teacher.NAME`. */
  ofModel(name: string, model: Omit<ModelEvaluation, 'modelDigest'>): ReportModelRow {
    return {
      ...(model.modality !== undefined && { modality: model.modality }),
      ...this.#figures(name, model.logits, 'test'),
      train: this.#figures(name, model.logits, 'train'),
      validation: this.#figures(name, model.logits, 'validation'),
      parameters: model.parameterCount,
      bytes: model.weightBytes,
      latencyBatch1Ms: model.latencyBatch1Ms,
    };
  }

  ofStudent(student: StudentEvaluation): Report['student'] {
    const { runId, modelDigest, finalWeightsDigest } = student;
    return { ...this.ofModel('student', student), runId, modelDigest, finalWeightsDigest };
  }

  #figures(name: string, logits: SplitLogits, split: SplitName): ReportFigures {
    const others = this.#comparisons[split](logits[split]).filter((other) => other.name !== name);
    const { splits, dataset } = this.#input;
    const made = modelFigures(logits[split], splits[split].labels, dataset.classCount, others);
    const withEnsemble = made.fidelity.find(({ to }) => to === 'ensemble')?.agreement ?? null;
    const isBlack = this.#black.has(name);
    return {
      ...made,
      ...(isBlack && { nll: null, ece: null, brier: null }),
      fidelity: made.fidelity.map((own) =>
        isBlack || this.#black.has(own.to) ? { ...own, kl: null } : own,
      ),
      ...(!this.#withRecalls && { perClassRecall: null }),
      agreementWithEnsemble: name === 'ensemble' ? 1 : withEnsemble,
    };
  }
}

/** Compares a model's logits on one split with the ensemble's and each teacher's. */
function comparisonOf(
  input: ReportInput,
  ensembleLogits: SplitLogits | undefined,
  split: SplitName,
): (logits: Float32Array) => Reference[] {
  const references = [
    ...(ensembleLogits === undefined ? [] : [{ name: 'ensemble', logits: ensembleLogits[split] }]),
    ...input.teachers.map(({ name, logits, knownClasses }) => ({
      name: `teacher.${name}`,
      logits: logits[split],
      ...(knownClasses && {
        known: amongKnown(input.splits[split].labels, input.dataset.classCount, knownClasses),
      }),
    })),
  ];
  const students = [input.student, input.studentWithoutTeachers, input.studentAllLabels];
  const models = [
    ...references.map(({ logits }) => logits),
    ...students.flatMap((student) => (student === undefined ? [] : [student.logits[split]])),
  ];
  const divergences = pairwiseDivergences(
    references.map(({ logits }) => logits),
    models,
    input.splits[split].labels.length,
    input.dataset.classCount,
  );
  return (logits) => {
    const model = models.indexOf(logits);
    return references.map((reference, r) => ({
      ...reference,
      kl: divergences[r]?.[model] as number,
    }));
  };
}
