/**
 * The run record: all that is known of a run but its progress (the checkpoint pointer) and its answers.
 * One KV entry a run, written by the coordinator alone, by compare-and-set.
 *
 * What a specification names is pinned here to digests at submit; nothing is looked up by name afterwards.
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

/** A hint layer of a teacher that the run's terms compare with. */
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
  /** Driver of its GPU; absent: the processor computes. */
  gpuDriver: z.string().optional(),
  gpuMemoryBytes: count.optional(),
  gpuPrecision: z.string().optional(),
  /** Equal questions need not get equal bits. */
  bitsMayDiffer: z.literal(true).optional(),
});

const validation = z.strictObject({ step: count, accuracy: z.number(), nll: z.number() });

/** How far training is, as its worker last said; kept for those who look at a run after a restart. */
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
  /** Share of the run's steps whose targets were made of fewer than all teachers, as far as that is decided. */
  degradedShare: z.number().min(0).max(1).optional(),
});

/** What a student worker left behind; the bulk is in the blob store. */
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
  /** For pictures of a set in shards; absent: none were waited for. */
  dataWaitingSeconds: z.number().optional(),
});

/** What the run has cost its devices; see `RunCost` in coordinator.proto. */
const cost = z.strictObject({
  /** Device time of the student in assignments before this one; `assignmentSeconds` is in this one. */
  earlierSeconds: z.number().min(0),
  assignmentEpoch: count,
  assignmentSeconds: z.number().min(0),
  /** In ensemble order; those behind the last have answered nothing. */
  teachers: z.array(
    z.strictObject({
      deviceSeconds: z.number().min(0),
      sampleCount: count,
      /**
       * Calls of a service; a call that several runs share is split, so counts are not whole. Absent: it calls none.
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

/** What the ensemble's rule was fitted to, on the validation split; as `CombinationFit` has it. */
const fit = z.strictObject({
  temperatures: numbers.optional(),
  weights: numbers.optional(),
  classWeights: z.array(numbers).optional(),
  priors: numbers.optional(),
  confusions: z.array(numbers).optional(),
});

/** From the numerics version of the checkpoint of a step to that of the worker that was to go on from it. */
const numericsChange = z.strictObject({ step: count, from: count, to: count });

/** What a teacher knows; as `TeacherKnowledge` has it. */
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

/** How a run visits a set in shards; kept, so that another version goes on with it as it was begun. */
const sampleOrder = z.strictObject({
  kind: z.enum(['full', 'chunks']),
  /** In words. */
  reason: z.string(),
  /** Positions of a span: whole batches. In an order by chunks, a block has as many. */
  spanPositions: z.int().positive(),
});

const runRecord = z.strictObject({
  runId: z.string(),
  /** Rises from run to run: the order of their submission. */
  sequence: count,
  /** From 1; rises with each retry. */
  attempt: z.int().positive(),
  /** Epoch of the coordinator that wrote this. */
  leaderEpoch: z.int().positive(),
  state: z.enum(RUN_STATES),
  /** Why it is in that state, where that is not plain. */
  reason: z.string(),
  specification,
  specificationDigest: digest,
  /** The run that this one is the baseline of. */
  parentRunId: z.string().optional(),
  dataset: z.strictObject({ digest, path: z.string().optional(), classCount: z.int().positive() }),
  /** The run whose contributors it repeats. */
  replayOf: z.strictObject({ runId: z.string(), submittedAtMs: milliseconds }).optional(),
  /** In ensemble order; empty for a run of kind Training. */
  teachers: z.array(pinnedTeacher),
  /** Digest of the plugin whose terms or rule it uses; absent: it uses none. */
  pluginDigest: digest.optional(),
  /** By teacher, then by layer. */
  features: z.array(pinnedFeature),
  /** Model package that the student starts from. */
  studentModelDigest: digest.optional(),
  /** What the student sees of the set; absent: the only modality, or whatever there is without a name. */
  studentModality: z.string().optional(),
  /** The run that trained, or trains, the student without teachers, and the one with all labels. */
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
  /** How its teachers' answers are stored; absent for a run of kind Training. */
  answerCodec: z.custom<AnswerCodec>(isAnswerCodec).optional(),
  /** Present once a rule that needs fitting is fitted. */
  fit: fit.optional(),
  /** Digests of its teachers' first answers to their probes, by probe: what replicas are compared with. */
  probeDigests: z.record(z.string(), digest).optional(),
  /** What each teacher knows, by its name, as far as that is known. */
  teacherKnowledge: z.record(z.string(), teacherKnowledge).optional(),
  /** Calls that the run has paid for canaries of each teacher whose calls cost, by its name. */
  canaryCalls: z.record(z.string(), count).optional(),
  /** What the user should know of the run's teachers, and what of it keeps the run from being repeated. */
  teacherNotes: teacherNotes.optional(),
  assignment: z
    .strictObject({
      workerId: z.string(),
      assignmentEpoch: z.int().positive(),
      /** Key of the process that holds it. */
      sessionKeyDigest: digest,
    })
    .optional(),
  /** A change of numerics that it is paused for, until a person decides; then those that were accepted. */
  numericsChange: numericsChange.optional(),
  acceptedNumerics: z.array(numericsChange).optional(),
  /** Failures of student workers since the last new checkpoint. */
  studentFailureCount: count,
  /** Student workers that were lost since then. */
  studentLossCount: count.default(0),
  progress: progress.optional(),
  cost: cost.optional(),
  submittedAtMs: milliseconds,
  /** First assignment; 0: not yet. */
  startedAtMs: milliseconds,
  /** 0: not yet. */
  endedAtMs: milliseconds,
  /** Since when it is in TRAINING (0: it is not), and the time that it was before. */
  trainingSinceMs: milliseconds,
  trainingMs: milliseconds,
  /** Distinct workers that trained it, the last one last; distinct workers that answered it. */
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

/** What a new run has not been through yet. */
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

/** @throws {Error} if the text is no record; a record that cannot be read is a bug or another version's. */
export function parseRunRecord(text: string): RunRecord {
  return runRecord.parse(JSON.parse(text));
}

export function runRecordText(record: RunRecord): string {
  return JSON.stringify(record);
}

/** The worker last, and each distinct one once. */
export function withWorker(
  workers: readonly WorkerEnvironment[],
  worker: WorkerEnvironment,
): WorkerEnvironment[] {
  const text = JSON.stringify(worker);
  return [...workers.filter((known) => JSON.stringify(known) !== text), worker];
}

/**
 * Told before anything is stored, so that a dry run says it too.
 *
 * @throws {InvalidDocumentError} if a new record leaves no room in a message of NATS for what is added to it.
 */
export function requireStorable(record: RunRecord): void {
  const bytes = Buffer.byteLength(runRecordText(record));
  if (bytes <= RUN_RECORD_MAX_BYTES) return;
  const message = `has a record of ${bytes} bytes; at most ${RUN_RECORD_MAX_BYTES} are stored: name fewer teachers, or fewer classes and columns that they know`;
  throw new InvalidDocumentError(`run ${record.runId}`, [{ path: '', message }]);
}
