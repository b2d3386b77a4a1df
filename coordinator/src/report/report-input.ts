/**
 * All that a report is made of. The server fills it once a run's models have been evaluated; `composeReport`
 * and `composePredictions` turn it into the two files, without asking anybody.
 *
 * Symbols: N samples of a split that are measured, C classes. All `logits` are [N, C], row-major, rows in the order of
 * the split's `sampleIds`.
 */
import type { SharedSamples, SplitName } from '@lyceum/learning/datasets';
import type { CombinationFit, TeacherKnowledge } from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { ContributorCounts } from '../schedule/index.js';

export interface ReportInput {
  readonly runId: string;
  readonly attempt: number;
  /** The run whose contributors it repeated. */
  readonly replayOf?: string;
  /** Normalised. Of kind Training: no teachers and no rows but the student's. */
  readonly specification: RunSpecification;
  /** SHA-256, hex; as are all digests here. */
  readonly specificationDigest: string;
  /** Digest of the plugin whose terms or rule the run uses. */
  readonly pluginDigest?: string;
  readonly dataset: {
    readonly digest: string;
    readonly classCount: number;
    readonly classNames: readonly string[];
    /** Samples of the train split that kept their label, and all of them. */
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
  /** The same student trained on the labels alone, where the run names it. */
  readonly studentWithoutTeachers?: StudentEvaluation;
  /** The same student trained on all labels, where the run names it. */
  readonly studentAllLabels?: StudentEvaluation;
  readonly training: {
    /** Samples that the student trained on, repeats counted. */
    readonly samples: number;
    /** Seconds in TRAINING, and the part of them that the student waited for targets. */
    readonly seconds: number;
    readonly waitingSeconds: number;
    /** The part that it waited for pictures of a set in shards. */
    readonly dataWaitingSeconds?: number;
    readonly stepCount: number;
    /** Step whose weights the validation split chose. */
    readonly selectedStep: number;
    /** For a set in shards: in what order its samples were visited, and why. */
    readonly order?: string;
  };
  /** What it cost its devices, teachers in ensemble order; undefined: not known. */
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
          /** What these calls cost by the prices of its description; absent: it has none. */
          readonly price?: { readonly amount: number; readonly currency: string };
        }[];
      }
    | undefined;
  /** Milliseconds since 1970: when the run was submitted, and when all was there but the report. */
  readonly submittedAtMs: number;
  readonly endedAtMs: number;
  readonly environment: ReportEnvironment;
  /** [K] in `teacherSteps`, in ensemble order. */
  readonly contributorCounts: ContributorCounts;
  /** What each teacher knows of its probe, by its name, as far as that was found out. */
  readonly teacherKnowledge: Readonly<Record<string, TeacherKnowledge>>;
  /** Names of those that the run takes whatever they know. */
  readonly acceptedTeachers: readonly string[];
  /** What the user should know of the teachers. */
  readonly teacherWarnings: readonly string[];
  /** Why the run's bits may differ if it is run again; empty: they do not. */
  readonly bitExactExceptions: readonly string[];
}

/** The samples of a split that models are measured on: `measuredSamples` of the set. */
export interface MeasuredSplit {
  /** [N] index of each in the data set. */
  readonly sampleIds: Int32Array;
  /** [N] label of each; -1: none, it counts for no figure that needs one. */
  readonly labels: Int32Array;
}

export type SplitLogits = Readonly<Record<SplitName, Float32Array>>;

/** What one model said about the samples, and what it costs. */
export interface ModelEvaluation {
  /** What it sees of the set; absent: it names none. */
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
  /** Its name in the run. */
  readonly name: string;
  readonly identity: string;
  /** A final answer of a black box is that class for certain in `logits`: 0 there and −∞ elsewhere. */
  readonly access: 'white' | 'gray' | 'black';
  /** Relative share in the ensemble. */
  readonly weight: number;
  /** Classes of the set that it knows, rising; `logits` are −∞ for the others. Absent: it knows all. */
  readonly knownClasses?: readonly number[];
  /** Present if its calls cost. */
  readonly canaryCalls?: { readonly used: number; readonly allowed: number };
}

export interface StudentEvaluation extends ModelEvaluation {
  /** The run that trained it. */
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
