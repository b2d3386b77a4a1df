/**
 * The run record: everything about a run except its checkpoint pointer and its answers. One KV entry a run, which only
 * the coordinator writes, by compare-and-set.
 *
 * At submit, the names in the specification are pinned here to digests; nothing is looked up by name afterwards.
 */
import { type AnswerCodec, isAnswerCodec } from '@lyceum/learning/codecs';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { InvalidDocumentError, RUN_RECORD_MAX_BYTES } from '@lyceum/proto';
import { z } from 'zod';
import { RUN_STATES } from '../../schedule/index.js';
import { pinnedTeacher } from './pinned-teacher.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const milliseconds = z.number().min(0);

const specification = z
  .unknown()
  .transform((document): RunSpecification => checkRunSpecification(document, 'the record'));

/** A teacher's hint layer that a term of the run uses. */
const pinnedFeature = z.strictObject({
  /** Ensemble index. */
  teacher: count,
  layer: z.string(),
  /** Shape of one sample's features: [units] or [height, width, channels]. */
  shape: z.array(z.int().positive()),
});

const workerEnvironment = z.strictObject({
  workerId: z.string(),
  version: z.string(),
  engine: z.string(),
  engineVersion: z.string(),
  computeThreads: count,
  device: z.string(),
  /** Driver of the worker's GPU; absent: the processor computes. */
  gpuDriver: z.string().optional(),
  gpuMemoryBytes: count.optional(),
  gpuPrecision: z.string().optional(),
  /** Equal inputs may get different bits. */
  bitsMayDiffer: z.literal(true).optional(),
});

const validation = z.strictObject({ step: count, accuracy: z.number(), nll: z.number() });

/** Progress of training as its worker last reported it; stored so that it can be shown after a restart. */
const progress = z.strictObject({
  step: count,
  epoch: count,
  loss: z.number(),
  learningRate: z.number(),
  samplesPerSecond: z.number(),
  /** Share of the training time, 0 to 1. */
  waitingShare: z.number(),
  checkpointStep: count,
  validation: validation.optional(),
  /** Share of all the run's steps that are already known to have targets of fewer than all teachers. */
  degradedShare: z.number().min(0).max(1).optional(),
});

/** The results of a student worker; the large parts are in the blob store. */
const outcome = z.strictObject({
  modelDigest: digest,
  logitsDigest: digest,
  /** Digest of the weights after the last step. */
  finalWeightsDigest: digest,
  selectedStep: count,
  selectedValidation: validation.optional(),
  parameterCount: count,
  weightBytes: count,
  latencyBatch1Ms: z.number(),
  waitingSeconds: z.number(),
  /** Time that training waited for pictures of a set in shards; absent: it waited for none. */
  dataWaitingSeconds: z.number().optional(),
});

/** What the run has cost its devices; see `RunCost` in coordinator.proto. */
const cost = z.strictObject({
  /** Device time of the student in earlier assignments; `assignmentSeconds` is that of the last assignment. */
  earlierSeconds: z.number().min(0),
  assignmentEpoch: count,
  assignmentSeconds: z.number().min(0),
  /** In ensemble order; teachers beyond the last entry have answered nothing. */
  teachers: z.array(
    z.strictObject({
      deviceSeconds: z.number().min(0),
      sampleCount: count,
      /**
       * Calls of a service. A call for several runs is split among them, so counts are fractions. Absent: no service.
       */
      calls: z
        .strictObject({
          count: z.number().min(0),
          inputTokens: z.number().min(0),
          outputTokens: z.number().min(0),
        })
        .optional(),
    }),
  ),
});

const numbers = z.array(z.number());

/** The fitted values of the ensemble's rule, from the validation split: see `CombinationFit`. */
const fit = z.strictObject({
  temperatures: numbers.optional(),
  weights: numbers.optional(),
  classWeights: z.array(numbers).optional(),
  priors: numbers.optional(),
  confusions: z.array(numbers).optional(),
});

/** From the numerics version of a step's checkpoint to that of the worker that was to go on from it. */
const numericsChange = z.strictObject({ step: count, from: count, to: count });

/** What a teacher knows: see `TeacherKnowledge`. */
const teacherKnowledge = z.strictObject({
  rowCount: count,
  labelledCount: count,
  correctCount: count,
  meanEntropy: z.number().optional(),
  finding: z.enum(['at-chance', 'constant']).optional(),
  dealtCount: z.number().optional(),
  givesDistributions: z.literal(true).optional(),
  otherOrder: z
    .strictObject({ classes: z.array(count).readonly(), correctCount: count })
    .optional(),
});

const teacherNotes = z.strictObject({
  warnings: z.array(z.string()),
  bitExactExceptions: z.array(z.string()),
});

/** Order in which a run visits a set in shards; stored, so that another version of the coordinator keeps it. */
const sampleOrder = z.strictObject({
  kind: z.enum(['full', 'chunks']),
  /** In words. */
  reason: z.string(),
  /** Positions of a span: whole batches. In an order by chunks, also the positions of a block. */
  spanPositions: z.int().positive(),
});

const runRecord = z.strictObject({
  runId: z.string(),
  /** Rises from run to run: the order of their submission. */
  sequence: count,
  /** From 1; rises with each retry. */
  attempt: z.int().positive(),
  /** Epoch of the coordinator that wrote this record. */
  leaderEpoch: z.int().positive(),
  state: z.enum(RUN_STATES),
  /** Why the run is in that state; may be empty. */
  reason: z.string(),
  specification,
  specificationDigest: digest,
  /** Id of the run whose baseline this run is. */
  parentRunId: z.string().optional(),
  dataset: z.strictObject({ digest, path: z.string().optional(), classCount: z.int().positive() }),
  /** The run whose contributors this run repeats. */
  replayOf: z.strictObject({ runId: z.string(), submittedAtMs: milliseconds }).optional(),
  /** In ensemble order; empty for a run of kind Training. */
  teachers: z.array(pinnedTeacher),
  /** Digest of the plugin whose terms or rule the run uses; absent: it uses none. */
  pluginDigest: digest.optional(),
  /** By teacher, then by layer. */
  features: z.array(pinnedFeature),
  /** Model package that the student starts from. */
  studentModelDigest: digest.optional(),
  /** Modality of the set that the student sees; absent: the set has one modality, or none with a name. */
  studentModality: z.string().optional(),
  /** Ids of the runs that train the student without teachers: with the same labels, and with all labels. */
  baselineRunId: z.string().optional(),
  allLabelsRunId: z.string().optional(),
  /** Labels of the train split that the run may use. */
  labelledTrainCount: count,
  plan: z.strictObject({
    sampleCount: z.int().positive(),
    batchSize: z.int().positive(),
    stepsPerEpoch: z.int().positive(),
    stepCount: z.int().positive(),
  }),
  /** Absent: the set is one file, in full order. */
  sampleOrder: sampleOrder.optional(),
  /** How the answers of the run's teachers are stored; absent for a run of kind Training. */
  answerCodec: z.custom<AnswerCodec>(isAnswerCodec).optional(),
  /** Present once a rule that needs fitting is fitted. */
  fit: fit.optional(),
  /** Digests of the teachers' first answers to their probes, by probe: answers of replicas are compared with them. */
  probeDigests: z.record(z.string(), digest).optional(),
  /** What each teacher knows, by the teacher's name; only teachers that were examined. */
  teacherKnowledge: z.record(z.string(), teacherKnowledge).optional(),
  /** Samples that the run has paid for in canaries, by name of the teacher; only teachers whose calls cost. */
  canarySamples: z.record(z.string(), count).optional(),
  /** Warnings about the run's teachers, and reasons why the run cannot be repeated bit by bit. */
  teacherNotes: teacherNotes.optional(),
  assignment: z
    .strictObject({
      workerId: z.string(),
      assignmentEpoch: z.int().positive(),
      /** Key of the process that holds it. */
      sessionKeyDigest: digest,
    })
    .optional(),
  /** The change of numerics that the run is paused for, until a person decides; below, the accepted changes. */
  numericsChange: numericsChange.optional(),
  acceptedNumerics: z.array(numericsChange).optional(),
  /** Failures of student workers since the last new checkpoint. */
  studentFailureCount: count,
  /** Student workers that were lost since the last new checkpoint. */
  studentLossCount: count.default(0),
  progress: progress.optional(),
  cost: cost.optional(),
  submittedAtMs: milliseconds,
  /** First assignment; 0: not yet. */
  startedAtMs: milliseconds,
  /** 0: not yet. */
  endedAtMs: milliseconds,
  /** Since when the run is in TRAINING (0: it is not); below, the time of its earlier spells in TRAINING. */
  trainingSinceMs: milliseconds,
  trainingMs: milliseconds,
  /** Distinct workers that trained the run, the last one last; below, the first distinct workers that answered. */
  studentWorkers: z.array(workerEnvironment),
  teacherWorkers: z.array(workerEnvironment),
  outcome: outcome.optional(),
  report: z.strictObject({ reportDigest: digest, predictionsDigest: digest }).optional(),
});

export type RunRecord = z.output<typeof runRecord>;
export type WorkerEnvironment = z.output<typeof workerEnvironment>;
export type PinnedFeature = z.output<typeof pinnedFeature>;
export type RunFit = z.output<typeof fit>;
export type RunOutcome = z.output<typeof outcome>;
export type NumericsChange = z.output<typeof numericsChange>;
export type ProgressSnapshot = z.output<typeof progress>;

/** Fields of a new run to which nothing has happened yet. */
const untouched = {
  attempt: 1,
  state: 'QUEUED',
  reason: '',
  studentFailureCount: 0,
  studentLossCount: 0,
  startedAtMs: 0,
  endedAtMs: 0,
  trainingSinceMs: 0,
  trainingMs: 0,
} as const;

/** The record of a run that is submitted now, not stored yet. */
export function newRunRecord(
  made: Omit<RunRecord, keyof typeof untouched | 'studentWorkers' | 'teacherWorkers'>,
): RunRecord {
  return { ...made, ...untouched, studentWorkers: [], teacherWorkers: [] };
}

/** @throws {Error} if the text is no record: it was written by a bug or by another version. */
export function parseRunRecord(text: string): RunRecord {
  return runRecord.parse(JSON.parse(text));
}

export function runRecordText(record: RunRecord): string {
  return JSON.stringify(record);
}

/** The workers with `worker` moved or added to the end. */
export function withWorker(
  workers: readonly WorkerEnvironment[],
  worker: WorkerEnvironment,
): WorkerEnvironment[] {
  const text = JSON.stringify(worker);
  return [...workers.filter((known) => JSON.stringify(known) !== text), worker];
}

/**
 * Checked before anything is stored, so that a dry run finds it, too.
 *
 * @throws {InvalidDocumentError} if a new record leaves no room in a NATS message for the fields that it gets later.
 */
export function requireStorable(record: RunRecord): void {
  const bytes = Buffer.byteLength(runRecordText(record));
  if (bytes <= RUN_RECORD_MAX_BYTES) return;
  const message = `has a record of ${bytes} bytes; at most ${RUN_RECORD_MAX_BYTES} are stored: name fewer teachers, or fewer classes and columns that they know`;
  throw new InvalidDocumentError(`run ${record.runId}`, [{ path: '', message }]);
}
