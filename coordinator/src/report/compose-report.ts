/** From what a run's models said about the test split to its report. Pure. */
import {
  accuracy,
  agreement,
  brier,
  type Combination,
  combinationOf,
  combined,
  ece,
  gapClosed,
  nll,
} from '@lyceum/learning/ensemble';
import type { DistillationSpecification, RunSpecification } from '@lyceum/proto';
import type { Report, ReportModelRow } from './report.js';
import type { ModelEvaluation, ReportInput, StudentEvaluation } from './report-input.js';

export const ECE_BIN_COUNT = 15;

export function composeReport(input: ReportInput): Report {
  const { specification, training } = input;
  const { classCount } = input.dataset;
  const rowCount = input.testSampleIds.length;
  const ensembleOutputs = ensembleOf(input);

  function row(model: Omit<ModelEvaluation, 'modelDigest'>): ReportModelRow {
    const { logits } = model;
    return {
      ...labelFigures(logits, input.testLabels, classCount),
      agreementWithEnsemble:
        ensembleOutputs === undefined || rowCount === 0
          ? null
          : agreement(logits, ensembleOutputs, rowCount, classCount),
      parameters: model.parameterCount,
      bytes: model.weightBytes,
      latencyBatch1Ms: model.latencyBatch1Ms,
    };
  }
  function studentRow(student: StudentEvaluation): Report['student'] {
    const { runId, modelDigest, finalWeightsDigest } = student;
    return { ...row(student), runId, modelDigest, finalWeightsDigest };
  }

  const ensemble =
    ensembleOutputs === undefined || specification.kind !== 'Distillation'
      ? null
      : {
          combine: rowCombination(specification).combine,
          ...(input.fit !== undefined && { fit: { ...input.fit } }),
          ...row({
            logits: ensembleOutputs,
            parameterCount: sum(input.teachers.map((t) => t.parameterCount)),
            weightBytes: sum(input.teachers.map((t) => t.weightBytes)),
            latencyBatch1Ms: sum(input.teachers.map((t) => t.latencyBatch1Ms)),
          }),
        };
  const student = studentRow(input.student);
  const studentWithoutTeachers =
    input.studentWithoutTeachers === undefined ? null : studentRow(input.studentWithoutTeachers);
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Report',
    runId: input.runId,
    runKind: specification.kind,
    attempt: input.attempt,
    replayOf: input.replayOf ?? null,
    testSampleCount: input.testSampleIds.length,
    teachers: input.teachers.map((teacher) => ({
      name: teacher.name,
      weight: teacher.weight,
      ...row(teacher),
      identity: teacher.identity,
      modelDigest: teacher.modelDigest,
    })),
    ensemble,
    student,
    studentWithoutTeachers,
    studentAllLabels:
      input.studentAllLabels === undefined ? null : studentRow(input.studentAllLabels),
    gapClosed: accuracyGapClosed(student, studentWithoutTeachers, ensemble),
    samplesPerSecond: training.seconds > 0 ? training.samples / training.seconds : 0,
    wallSeconds: (input.endedAtMs - input.submittedAtMs) / 1000,
    training: { ...training },
    contributors: contributorsOf(input),
    dataset: { ...input.dataset },
    environment: {
      ...input.environment,
      studentWorker: { ...input.environment.studentWorker },
      teacherWorkers: input.environment.teacherWorkers.map((worker) => ({ ...worker })),
    },
    seeds: seedsOf(specification),
    digests: {
      specification: input.specificationDigest,
      dataset: input.dataset.digest,
      studentModel: input.student.modelDigest,
      studentFinalWeights: input.student.finalWeightsDigest,
    },
    bitExact: input.bitExactExceptions.length === 0,
    bitExactExceptions: [...input.bitExactExceptions],
    specification: { ...specification },
  };
}

/** [N, C] log-probabilities of the run's ensemble at temperature 1; undefined without teachers. */
export function ensembleOf(input: ReportInput): Float32Array | undefined {
  if (input.specification.kind !== 'Distillation' || input.teachers.length === 0) return undefined;
  const rowCount = input.testSampleIds.length;
  const { classCount } = input.dataset;
  const out = new Float32Array(rowCount * classCount);
  const answers = {
    teacherLogits: input.teachers.map((t) => t.logits),
    teacherWeights: input.teachers.map((t) => t.weight),
    rowCount,
    classCount,
  };
  combined(rowCombination(input.specification), answers, input.fit).logProbabilities(1, out);
  return out;
}

/** The rule of the ensemble's row: one that looks at labels would be given what it is measured by. */
function rowCombination({ spec }: DistillationSpecification): Combination {
  const combination = combinationOf(spec.ensemble);
  return combination.combine === 'ca-mkd' ? { ...combination, combine: 'arithmetic' } : combination;
}

function contributorsOf(input: ReportInput): Report['contributors'] {
  if (input.teachers.length === 0) return null;
  const { degradedSteps, teacherSteps } = input.contributorCounts;
  const { stepCount } = input.training;
  return {
    degradedShare: degradedSteps / stepCount,
    teachers: input.teachers.map(({ name }, teacher) => ({
      name,
      share: (teacherSteps[teacher] ?? 0) / stepCount,
    })),
  };
}

/** The figures that need labels; null where no test sample has one. */
export function labelFigures(
  logits: Float32Array,
  labels: Int32Array,
  classCount: number,
): Pick<ReportModelRow, 'accuracy' | 'nll' | 'ece' | 'brier'> {
  if (!labels.some((label) => label >= 0)) {
    return { accuracy: null, nll: null, ece: null, brier: null };
  }
  const loss = nll(logits, labels, classCount);
  return {
    accuracy: accuracy(logits, labels, classCount),
    nll: Number.isFinite(loss) ? loss : null,
    ece: ece(logits, labels, classCount, ECE_BIN_COUNT),
    brier: brier(logits, labels, classCount),
  };
}

function accuracyGapClosed(
  student: ReportModelRow,
  alone: ReportModelRow | null,
  ensemble: ReportModelRow | null,
): number | null {
  const accuracies = [student.accuracy, alone?.accuracy ?? null, ensemble?.accuracy ?? null];
  const [ofStudent, ofAlone, ofEnsemble] = accuracies;
  if (ofStudent == null || ofAlone == null || ofEnsemble == null) return null;
  return gapClosed(ofStudent, ofAlone, ofEnsemble);
}

function seedsOf({ spec }: RunSpecification): Report['seeds'] {
  return {
    training: spec.training.seed,
    labels: spec.labels === 'all' ? null : spec.labels.seed,
    views: spec.views?.seed ?? null,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
