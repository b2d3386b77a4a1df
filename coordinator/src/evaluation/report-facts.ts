/** Gathers what a run's report is made of, from records, answers and blobs. */
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { readNpz } from '@lyceum/learning/files';
import { isPaidEngine, parsePackagedModel } from '@lyceum/learning/formats';
import { parseSettingsJson } from '@lyceum/learning/models';
import { measuredSamples } from '@lyceum/learning/orders';
import { hasPrice } from '@lyceum/learning/specification';
import type { BlobStore } from '@lyceum/platform/nats';
import { type LoadedTeacher, LyceumError } from '@lyceum/proto';
import type { DatasetOutline } from '../artifacts/index.js';
import { canarySamplesAllowed } from '../health/index.js';
import { bitsKey } from '../monitoring/index.js';
import type {
  MeasuredSplit,
  ReportInput,
  SplitLogits,
  StudentEvaluation,
  TeacherEvaluation,
} from '../report/index.js';
import {
  acceptedTeachers,
  type Contributors,
  deviceCosts,
  gridOf,
  orderText,
  quorumOf,
  type RunRecord,
  type WorkerEnvironment,
} from '../runs/index.js';
import { type ContributorCounts, SpanDecisions } from '../schedule/index.js';

export interface ReportFacts {
  readonly record: RunRecord;
  readonly dataset: DatasetOutline;
  /** In ensemble order. */
  readonly teacherLogits: readonly SplitLogits[];
  /** What a worker measured of each, in the same order. */
  readonly teacherMeasurements: readonly LoadedTeacher[];
  /** Samples that canaries asked each about, in the same order. */
  readonly canarySamples: readonly number[];
  readonly cost: RunRecord['cost'];
  /** Contributors as they were decided, of a run with a quorum. */
  readonly contributors: Contributors;
  /** The runs of the table's further rows; they have succeeded. */
  readonly baseline: RunRecord | undefined;
  readonly allLabels: RunRecord | undefined;
  readonly blobs: BlobStore;
  readonly coordinatorVersion: string;
  readonly endedAtMs: number;
}

/** @throws {LyceumError} if a student's logits are not what they should be. */
export async function reportInput(facts: ReportFacts): Promise<ReportInput> {
  const { record, dataset, baseline, allLabels, endedAtMs } = facts;
  const { runId, attempt, specification, specificationDigest, pluginDigest, plan } = record;
  const count = (split: 'train' | 'validation') => splitSamples(dataset, split).length;
  const outcome = outcomeOf(record);
  const studentWorker = record.studentWorkers.at(-1);
  if (studentWorker === undefined) {
    throw new LyceumError('INTERNAL', `the record of run ${runId} names no student worker`);
  }
  const contributorCounts = contributorCountsOf(record, facts.contributors);
  const order = orderText(record);
  const { dataWaitingSeconds } = outcome;
  return {
    runId,
    attempt,
    ...(record.replayOf !== undefined && { replayOf: record.replayOf.runId }),
    specification,
    specificationDigest,
    ...(pluginDigest !== undefined && { pluginDigest }),
    dataset: {
      digest: dataset.digest,
      classCount: dataset.classCount,
      classNames: dataset.classNames,
      labelledTrainCount: record.labelledTrainCount,
      trainCount: count('train'),
      validationCount: count('validation'),
      sharedSamples: dataset.sharedSamples,
    },
    splits: {
      train: measuredSplit(dataset, 'train'),
      validation: measuredSplit(dataset, 'validation'),
      test: measuredSplit(dataset, 'test'),
    },
    teachers: record.teachers.map((_, index) => teacherEvaluation(facts, index)),
    ...(record.fit !== undefined && { fit: record.fit }),
    student: await studentEvaluation(facts, record),
    ...(baseline && { studentWithoutTeachers: await studentEvaluation(facts, baseline) }),
    ...(allLabels && { studentAllLabels: await studentEvaluation(facts, allLabels) }),
    training: {
      samples: samplesOf(plan),
      seconds: record.trainingMs / 1000,
      waitingSeconds: outcome.waitingSeconds,
      ...(dataWaitingSeconds !== undefined && { dataWaitingSeconds }),
      stepCount: plan.stepCount,
      selectedStep: outcome.selectedStep,
      ...(order !== undefined && { order }),
    },
    cost: await pricedCost(facts),
    submittedAtMs: record.submittedAtMs,
    endedAtMs,
    environment: {
      coordinatorVersion: facts.coordinatorVersion,
      node: process.versions.node,
      studentWorker,
      teacherWorkers: record.teacherWorkers,
    },
    contributorCounts,
    teacherKnowledge: record.teacherKnowledge ?? {},
    acceptedTeachers: acceptedTeachers(record),
    teacherWarnings: record.teacherNotes?.warnings ?? [],
    bitExactExceptions: [
      ...(record.teacherNotes?.bitExactExceptions ?? []),
      ...bitExactExceptions(record),
      ...unknownContributors(contributorCounts.unknownSteps),
    ],
  };
}

/** Samples in all steps of a plan, repeats counted. */
function samplesOf(plan: RunRecord['plan']): number {
  const epochs = Math.floor(plan.stepCount / plan.stepsPerEpoch);
  const rest = plan.stepCount - epochs * plan.stepsPerEpoch;
  return epochs * plan.sampleCount + Math.min(rest * plan.batchSize, plan.sampleCount);
}

/** Why the run's bits may differ if it is run again. */
function bitExactExceptions({
  studentWorkers,
  teacherWorkers,
  acceptedNumerics = [],
}: Pick<RunRecord, 'studentWorkers' | 'teacherWorkers' | 'acceptedNumerics'>): string[] {
  const exceptions: string[] = [];
  const kinds = (workers: readonly WorkerEnvironment[]) => [...new Set(workers.map(bitsKey))];
  const students = kinds(studentWorkers);
  if (students.length > 1) {
    exceptions.push(`student workers that may differ in bits took turns: ${students.join('; ')}`);
  }
  for (const { step, from, to } of acceptedNumerics) {
    exceptions.push(
      `its first ${step} steps were computed by numerics version ${from}, those after by version ${to}`,
    );
  }
  const teachers = kinds(teacherWorkers);
  if (teachers.length > 1) {
    exceptions.push(`teacher workers that may differ in bits answered: ${teachers.join('; ')}`);
  }
  const inexact = [...studentWorkers, ...teacherWorkers].filter(
    ({ bitsMayDiffer }) => bitsMayDiffer === true,
  );
  if (inexact.length > 0) {
    const devices = [...new Set(inexact.map(({ device }) => device))];
    exceptions.push(
      `equal questions may get other bits on ${devices.join(', ')}: ONNX Runtime computed there, or --determinism fast`,
    );
  }
  return exceptions;
}

/** A run without a quorum has all its teachers in every step. */
export function contributorCountsOf(
  record: RunRecord,
  contributors: Contributors,
): ContributorCounts {
  const { stepCount } = record.plan;
  if (quorumOf(record) === undefined) {
    return {
      degradedSteps: 0,
      unknownSteps: 0,
      teacherSteps: record.teachers.map(() => stepCount),
    };
  }
  return new SpanDecisions(gridOf(record), record.teachers.length, contributors).counts();
}

/** Why a run whose ledger was lost cannot be repeated. */
export function unknownContributors(unknownSteps: number): string[] {
  if (unknownSteps === 0) return [];
  return [`it is not known which teachers made the targets of ${unknownSteps} steps`];
}

/** Device time of the run, and the cost of its endpoints' calls where their descriptions have prices. */
async function pricedCost({ record, cost, blobs }: ReportFacts): Promise<ReportInput['cost']> {
  const costs = deviceCosts(record, cost);
  if (costs === undefined) return undefined;
  const teachers = costs.teachers.map(async (own, k) => {
    const { engine = '', modelDigest = '' } = record.teachers[k] ?? {};
    if (own.calls === undefined || !isPaidEngine(engine)) return own;
    const packaged = parsePackagedModel(await blobs.get(modelDigest));
    if (packaged.format !== 'endpoint' || !hasPrice(packaged.model.endpoint)) return own;
    const { count, inputTokens, outputTokens } = own.calls;
    const { perCall, per1kInputTokens, per1kOutputTokens, currency } =
      packaged.model.endpoint.price;
    const perToken = (inputTokens * per1kInputTokens + outputTokens * per1kOutputTokens) / 1000;
    return { ...own, price: { amount: count * perCall + perToken, currency } };
  });
  return { ...costs, teachers: await Promise.all(teachers) };
}

function teacherEvaluation(facts: ReportFacts, index: number): TeacherEvaluation {
  const teacher = facts.record.teachers[index];
  const logits = facts.teacherLogits[index];
  const measured = facts.teacherMeasurements[index];
  if (teacher === undefined || logits === undefined || measured === undefined) {
    throw new Error(`facts of teacher ${index} are missing`);
  }
  const { name, identity, access, weight, modelDigest, settingsJson, knownClasses } = teacher;
  const { parameterCount, weightBytes, latencyBatch1Ms } = measured;
  return {
    name,
    identity,
    access,
    weight,
    modality: parseSettingsJson(settingsJson).modality,
    ...(knownClasses !== undefined && { knownClasses }),
    ...(isPaidEngine(teacher.engine) && {
      canarySamples: {
        used: facts.canarySamples[index] ?? 0,
        allowed: canarySamplesAllowed(facts.record),
      },
    }),
    modelDigest,
    logits,
    parameterCount,
    weightBytes,
    latencyBatch1Ms,
  };
}

async function studentEvaluation(
  { dataset, blobs }: ReportFacts,
  record: RunRecord,
): Promise<StudentEvaluation> {
  const { runId } = record;
  const outcome = outcomeOf(record);
  const { modelDigest, finalWeightsDigest, parameterCount, weightBytes, latencyBatch1Ms } = outcome;
  const what = `logits of run ${runId}`;
  const arrays = readNpz(await blobs.get(outcome.logitsDigest), what);
  const logitsOf = (split: SplitName): Float32Array => {
    const logits = arrays.get(split);
    const want = [measuredSamples(dataset, split).length, dataset.classCount];
    if (logits?.data instanceof Float32Array && `${logits.shape}` === `${want}`) return logits.data;
    const got = logits === undefined ? 'none' : `${logits.dtype} [${logits.shape}]`;
    const message = `${what} on ${split}: want float32 [${want}], got ${got}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  };
  return {
    runId,
    modality: record.studentModality,
    modelDigest,
    finalWeightsDigest,
    logits: {
      train: logitsOf('train'),
      validation: logitsOf('validation'),
      test: logitsOf('test'),
    },
    parameterCount,
    weightBytes,
    latencyBatch1Ms,
  };
}

function measuredSplit(dataset: DatasetOutline, split: SplitName): MeasuredSplit {
  const samples = measuredSamples(dataset, split);
  return {
    sampleIds: Int32Array.from(samples),
    labels: Int32Array.from(samples, (sample) => dataset.labels[sample] as number),
  };
}

function outcomeOf(record: RunRecord): NonNullable<RunRecord['outcome']> {
  if (record.outcome !== undefined) return record.outcome;
  throw new LyceumError('INTERNAL', `run ${record.runId} has no outcome`);
}
