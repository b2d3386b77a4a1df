/**
 * The input of a report. The server fills it in once a run's models have been evaluated; `composeReport` and
 * `composePredictions` make the two files from it alone.
 *
 * Symbols: N measured samples of a split, C classes. All `logits` are [N, C], row-major, with rows in the order of the
 * split's `sampleIds`.
 */
import type { SharedSamples, SplitName } from '@lyceum/learning/datasets';
import type { CombinationFit, TeacherKnowledge } from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { ContributorCounts } from '../schedule/index.js';

export interface ReportInput {
  readonly runId: string;
  readonly attempt: number;
  /** The run whose contributors this run repeated. */
  readonly replayOf?: string;
  /** Normalised. Kind Training: no teachers, and rows of students only. */
  readonly specification: RunSpecification;
  /** SHA-256, hex, like all digests here. */
  readonly specificationDigest: string;
  /** Digest of the plugin whose terms or rule the run uses. */
  readonly pluginDigest?: string;
  readonly dataset: {
    readonly digest: string;
    readonly classCount: number;
    readonly classNames: readonly string[];
    /** Samples of the train split whose labels the run may use; below, all samples of that split. */
    readonly labelledTrainCount: number;
    readonly trainCount: number;
    readonly validationCount: number;
    readonly sharedSamples: SharedSamples;
  };
  readonly splits: Readonly<Record<SplitName, MeasuredSplit>>;
  /** In ensemble order; empty for a run of kind Training. */
  readonly teachers: readonly TeacherEvaluation[];
  /** Present if the rule had to be fitted. */
  readonly fit?: CombinationFit;
  readonly student: StudentEvaluation;
  /** The same student trained on the labels alone, if the run names it. */
  readonly studentWithoutTeachers?: StudentEvaluation;
  /** The same student trained on all labels, if the run names it. */
  readonly studentAllLabels?: StudentEvaluation;
  readonly training: {
    /** Samples that the student trained on, repeats counted. */
    readonly samples: number;
    /** Seconds in TRAINING; below, the part during which the student waited for targets. */
    readonly seconds: number;
    readonly waitingSeconds: number;
    /** The part during which the student waited for pictures of a set in shards. */
    readonly dataWaitingSeconds?: number;
    readonly stepCount: number;
    /** Step whose weights the validation split chose. */
    readonly selectedStep: number;
    /** For a set in shards: the order in which its samples were visited, and why. */
    readonly order?: string;
  };
  /** Device time that the run cost, teachers in ensemble order; undefined: not known. */
  readonly cost?:
    | {
        readonly studentDeviceSeconds: number;
        readonly teachers: readonly {
          readonly name: string;
          readonly deviceSeconds: number;
          readonly sampleCount: number;
          readonly calls?:
            | {
                readonly count: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
              }
            | undefined;
          /** Price of these calls by the endpoint's description; absent: it names no prices. */
          readonly price?: { readonly amount: number; readonly currency: string };
        }[];
      }
    | undefined;
  /** Milliseconds since 1970: when the run was submitted, and when all but the report was finished. */
  readonly submittedAtMs: number;
  readonly endedAtMs: number;
  readonly environment: ReportEnvironment;
  /** `teacherSteps` is [K], in ensemble order. */
  readonly contributorCounts: ContributorCounts;
  /** What each teacher knows of its probe, by the teacher's name; only teachers that were examined. */
  readonly teacherKnowledge: Readonly<Record<string, TeacherKnowledge>>;
  /** Names of teachers that the run accepts even if they know nothing. */
  readonly acceptedTeachers: readonly string[];
  /** Warnings about the teachers, for the user. */
  readonly teacherWarnings: readonly string[];
  /** Why the run's bits may differ if it is repeated; empty: they do not. */
  readonly bitExactExceptions: readonly string[];
}

/** The samples of a split that models are measured on: `measuredSamples` of the set. */
export interface MeasuredSplit {
  /** [N] index of each sample in the data set. */
  readonly sampleIds: Int32Array;
  /** [N] label of each sample; -1: none, and the sample does not count for figures that need labels. */
  readonly labels: Int32Array;
}

export type SplitLogits = Readonly<Record<SplitName, Float32Array>>;

/** One model's outputs for the samples, and the model's size and speed. */
export interface ModelEvaluation {
  /** Modality of the set that the model sees; absent: the model names none. */
  readonly modality?: string | undefined;
  /** Digest of the model package. */
  readonly modelDigest: string;
  readonly logits: SplitLogits;
  readonly parameterCount: number;
  readonly weightBytes: number;
  /** Median milliseconds of one inference of one sample. */
  readonly latencyBatch1Ms: number;
}

export interface TeacherEvaluation extends ModelEvaluation {
  /** The teacher's name in the run. */
  readonly name: string;
  readonly identity: string;
  /** A black box answers with a class only: its `logits` are 0 for that class and −∞ elsewhere. */
  readonly access: 'white' | 'gray' | 'black';
  /** Relative share in the ensemble. */
  readonly weight: number;
  /** Classes of the set that the teacher knows, rising; other logits are −∞. Absent: it knows all. */
  readonly knownClasses?: readonly number[];
  /** Present if the teacher's calls cost money. */
  readonly canarySamples?: { readonly used: number; readonly allowed: number };
}

export interface StudentEvaluation extends ModelEvaluation {
  /** The run that trained the student. */
  readonly runId: string;
  /** Digest of the weights after the last step. */
  readonly finalWeightsDigest: string;
}

interface ReportEnvironment {
  readonly coordinatorVersion: string;
  /** Node's version, `20.20.0`. */
  readonly node: string;
  /** The student worker that finished the run. */
  readonly studentWorker: WorkerEnvironment;
  /** The teacher workers that answered. */
  readonly teacherWorkers: readonly WorkerEnvironment[];
}

interface WorkerEnvironment {
  readonly workerId: string;
  readonly version: string;
  /** `native`, `wasm` or `lookup`, and its version. */
  readonly engine: string;
  readonly engineVersion: string;
  readonly computeThreads: number;
  /** `cpu` and its model, or the GPU's. */
  readonly device: string;
  readonly gpuDriver?: string | undefined;
  readonly gpuMemoryBytes?: number | undefined;
  /** `float32` or `tf32`. */
  readonly gpuPrecision?: string | undefined;
  readonly bitsMayDiffer?: true | undefined;
}
