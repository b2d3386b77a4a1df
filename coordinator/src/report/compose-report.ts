/** From what a run's models said about the measured samples to its report. Pure. */
import type { SplitName } from '@lyceum/learning/datasets';
import {
  amongKnown,
  combined,
  fitOf,
  gapClosed,
  pairwiseDivergences,
} from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Report, ReportFigures, ReportModelRow } from '../documents/index.js';
import { modelFigures, type Reference } from './model-figures.js';
import type {
  ModelEvaluation,
  ReportInput,
  SplitLogits,
  StudentEvaluation,
  TeacherEvaluation,
} from './report-input.js';
import { rowEnsemble } from './row-ensemble.js';
import { teacherWorth } from './teacher-worth.js';

/** Recalls in a report at most: with them it stays well below what one message may hold. */
const RECALLS_MAX = 100_000;

export function composeReport(input: ReportInput): Report {
  const { specification, training } = input;
  const { classCount } = input.dataset;
  const ensembleLogits = ensembleOf(input);
  // Teachers, ensemble and up to three students, on three splits.
  const withRecalls = (input.teachers.length + 4) * 3 * classCount <= RECALLS_MAX;

  const comparisons = {
    train: comparisonOf(input, ensembleLogits, 'train'),
    validation: comparisonOf(input, ensembleLogits, 'validation'),
    test: comparisonOf(input, ensembleLogits, 'test'),
  };

  /** Final answers say nothing of how certain a teacher is. */
  const black = new Set(
    input.teachers.filter(({ access }) => access === 'black').map(({ name }) => `teacher.${name}`),
  );

  function figures(name: string, logits: SplitLogits, split: SplitName): ReportFigures {
    const others = comparisons[split](logits[split]).filter((other) => other.name !== name);
    const { labels } = input.splits[split];
    const made = modelFigures(logits[split], labels, classCount, others);
    const withEnsemble = made.fidelity.find(({ to }) => to === 'ensemble')?.agreement ?? null;
    return {
      ...made,
      ...(black.has(name) && { nll: null, ece: null, brier: null }),
      fidelity: made.fidelity.map((own) =>
        black.has(own.to) || black.has(name) ? { ...own, kl: null } : own,
      ),
      ...(!withRecalls && { perClassRecall: null }),
      agreementWithEnsemble: name === 'ensemble' ? 1 : withEnsemble,
    };
  }
  function row(name: string, model: Omit<ModelEvaluation, 'modelDigest'>): ReportModelRow {
    return {
      ...(model.modality !== undefined && { modality: model.modality }),
      ...figures(name, model.logits, 'test'),
      train: figures(name, model.logits, 'train'),
      validation: figures(name, model.logits, 'validation'),
      parameters: model.parameterCount,
      bytes: model.weightBytes,
      latencyBatch1Ms: model.latencyBatch1Ms,
    };
  }
  function studentRow(student: StudentEvaluation): Report['student'] {
    const { runId, modelDigest, finalWeightsDigest } = student;
    return { ...row('student', student), runId, modelDigest, finalWeightsDigest };
  }

  const members =
    specification.kind === 'Distillation'
      ? rowEnsemble(specification).teachers.map((k) => input.teachers[k] as TeacherEvaluation)
      : [];
  const ensemble =
    ensembleLogits === undefined || specification.kind !== 'Distillation'
      ? null
      : {
          combine: rowEnsemble(specification).combination.combine,
          teachers: members.map(({ name }) => name),
          ...(input.fit !== undefined && { fit: { ...input.fit } }),
          ...row('ensemble', {
            logits: ensembleLogits,
            parameterCount: sum(members.map((t) => t.parameterCount)),
            weightBytes: sum(members.map((t) => t.weightBytes)),
            latencyBatch1Ms: sum(members.map((t) => t.latencyBatch1Ms)),
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
    testSampleCount: input.splits.test.labels.length,
    measuredTrainCount: input.splits.train.labels.length,
    teachers: input.teachers.map((teacher) => ({
      name: teacher.name,
      weight: teacher.weight,
      access: teacher.access,
      ...(teacher.knownClasses !== undefined && { knownClasses: [...teacher.knownClasses] }),
      ...(teacher.canaryCalls !== undefined && { canaryCalls: { ...teacher.canaryCalls } }),
      ...row(`teacher.${teacher.name}`, teacher),
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
    cost: input.cost ? { ...input.cost, teachers: [...input.cost.teachers] } : null,
    worth: teacherWorth(input),
    contributors: contributorsOf(input),
    teacherKnowledge: knowledgeOf(input),
    teacherWarnings: [...input.teacherWarnings],
    dataset: {
      ...input.dataset,
      classNames: [...input.dataset.classNames],
      sharedSamples: { ...input.dataset.sharedSamples },
    },
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
      ...(input.pluginDigest !== undefined && { plugin: input.pluginDigest }),
    },
    bitExact: input.bitExactExceptions.length === 0,
    bitExactExceptions: [...input.bitExactExceptions],
    specification: { ...specification },
  };
}

/** On one split: how a model's logits compare with the ensemble's and each teacher's. */
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

/** [N, C] log-probabilities of the run's ensemble at temperature 1, by split; undefined without teachers. */
export function ensembleOf(input: ReportInput): SplitLogits | undefined {
  const { specification, dataset, fit = {} } = input;
  if (specification.kind !== 'Distillation' || input.teachers.length === 0) return undefined;
  const { classCount } = dataset;
  const { teachers, combination } = rowEnsemble(specification);
  const members = teachers.map((k) => input.teachers[k] as TeacherEvaluation);
  const logits = (split: SplitName): Float32Array => {
    const rowCount = input.splits[split].labels.length;
    const out = new Float32Array(rowCount * classCount);
    const answers = {
      teacherLogits: members.map((teacher) => teacher.logits[split]),
      teacherWeights: members.map((teacher) => teacher.weight),
      rowCount,
      classCount,
      knownClasses: members.map((teacher) => teacher.knownClasses),
    };
    combined(combination, answers, fitOf(fit, teachers)).logProbabilities(1, out);
    return out;
  };
  return { train: logits('train'), validation: logits('validation'), test: logits('test') };
}

function knowledgeOf({
  teachers,
  teacherKnowledge,
  acceptedTeachers,
}: ReportInput): Report['teacherKnowledge'] {
  return teachers.flatMap(({ name }) => {
    const knowledge = teacherKnowledge[name];
    if (knowledge === undefined) return [];
    const { rowCount, labelledCount, correctCount, meanEntropy, finding } = knowledge;
    return [
      {
        name,
        rowCount,
        labelledCount,
        accuracy: labelledCount === 0 ? null : correctCount / labelledCount,
        meanEntropy: meanEntropy ?? null,
        finding: finding ?? null,
        accepted: acceptedTeachers.includes(name),
      },
    ];
  });
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
