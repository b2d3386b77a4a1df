/** Makes a run's report from its models' outputs for the measured samples. Pure. */
import type { SplitName } from '@lyceum/learning/datasets';
import { combined, fitOf, gapClosed } from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import { ownEntry } from '@lyceum/proto';
import type { Report, ReportModelRow } from '../documents/index.js';
import type { ReportInput, SplitLogits, TeacherEvaluation } from './report-input.js';
import { ReportRows } from './report-rows.js';
import { rowEnsemble } from './row-ensemble.js';
import { teacherWorth } from './teacher-worth.js';
import { teachersGain } from './teachers-gain.js';

export function composeReport(input: ReportInput): Report {
  const { specification, training } = input;
  const ensembleLogits = ensembleOf(input);
  const rows = new ReportRows(input, ensembleLogits);
  const ensemble = ensembleRow(input, rows, ensembleLogits);
  const student = rows.ofStudent(input.student);
  const studentWithoutTeachers =
    input.studentWithoutTeachers === undefined
      ? null
      : rows.ofStudent(input.studentWithoutTeachers);
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Report',
    runId: input.runId,
    runKind: specification.kind,
    attempt: input.attempt,
    replayOf: input.replayOf ?? null,
    testSampleCount: input.splits.test.labels.length,
    labelledTestCount: labelledCount(input, 'test'),
    measuredTrainCount: input.splits.train.labels.length,
    labelledMeasuredTrainCount: labelledCount(input, 'train'),
    labelledValidationCount: labelledCount(input, 'validation'),
    teachers: input.teachers.map((teacher) => ({
      name: teacher.name,
      weight: teacher.weight,
      access: teacher.access,
      ...(teacher.knownClasses !== undefined && { knownClasses: [...teacher.knownClasses] }),
      ...(teacher.canarySamples !== undefined && { canarySamples: { ...teacher.canarySamples } }),
      ...rows.ofModel(`teacher.${teacher.name}`, teacher),
      identity: teacher.identity,
      modelDigest: teacher.modelDigest,
    })),
    ensemble,
    student,
    studentWithoutTeachers,
    studentAllLabels:
      input.studentAllLabels === undefined ? null : rows.ofStudent(input.studentAllLabels),
    gapClosed: accuracyGapClosed(student, studentWithoutTeachers, ensemble),
    teachersGain: teachersGain(input),
    samplesPerSecond: training.seconds > 0 ? training.samples / training.seconds : 0,
    // The system clock may have been set back during the run.
    wallSeconds: Math.max(0, input.endedAtMs - input.submittedAtMs) / 1000,
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

function labelledCount({ splits }: ReportInput, split: SplitName): number {
  return splits[split].labels.filter((label) => label >= 0).length;
}

/** Null: there are no teachers. Parameters, size and latency are sums over the teachers. */
function ensembleRow(
  { specification, teachers, fit }: ReportInput,
  rows: ReportRows,
  logits: SplitLogits | undefined,
): Report['ensemble'] {
  if (logits === undefined || specification.kind !== 'Distillation') return null;
  const { combination, teachers: indexes } = rowEnsemble(specification);
  const members = indexes.map((k) => teachers[k] as TeacherEvaluation);
  return {
    combine: combination.combine,
    teachers: members.map(({ name }) => name),
    ...(fit !== undefined && { fit: { ...fit } }),
    ...rows.ofModel('ensemble', {
      logits,
      parameterCount: sum(members.map((t) => t.parameterCount)),
      weightBytes: sum(members.map((t) => t.weightBytes)),
      latencyBatch1Ms: sum(members.map((t) => t.latencyBatch1Ms)),
    }),
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
    const knowledge = ownEntry(teacherKnowledge, name);
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
