/** The calls between the worker's main thread and the compute thread. */
import type {
  StudentPictures,
  TargetBlock,
  TrainingJob,
  TrainingNews,
  TrainingResult,
} from './training-job.js';

/** Settings with which the compute thread is started. */
export interface ComputeSettings {
  readonly eager: boolean;
}

export interface ComputeDevice {
  readonly engine: 'native' | 'wasm';
  readonly engineVersion: string;
  readonly device: string;
}

/** `abandon` ends the job without a trace, `drain` after one more checkpoint. */
export type Stop = 'abandon' | 'drain';

/** One job at a time: calls about a job are dropped while there is none. */
export interface StudentCalls {
  /** @returns the engine's device, and warnings for the user. */
  opened(): Promise<{ readonly device: ComputeDevice; readonly warnings: readonly string[] }>;
  /** @returns undefined if the training was stopped before its end. */
  train(job: TrainingJob): Promise<TrainingResult | undefined>;
  targets(block: TargetBlock): void;
  stop(how: Stop): void;
}

/** News and requests of the compute thread about its job. */
export interface StudentNews extends TrainingNews, StudentPictures {
  /** These run operation by operation, which is slower; reported once for each. */
  untraced(what: 'steps' | 'evaluation', reason: string): void;
}
