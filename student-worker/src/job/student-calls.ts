/** What the shell's thread and the compute thread say to each other. */
import type {
  StudentPictures,
  TargetBlock,
  TrainingJob,
  TrainingNews,
  TrainingResult,
} from './training-job.js';

/** What the compute thread is started with. */
export interface ComputeSettings {
  readonly eager: boolean;
}

export interface ComputeDevice {
  readonly engine: 'native' | 'wasm';
  readonly engineVersion: string;
  readonly device: string;
}

/** `abandon` ends without a trace, `drain` after one more checkpoint. */
export type Stop = 'abandon' | 'drain';

/** One job at a time: what comes while there is none is dropped. */
export interface StudentCalls {
  /** @returns with what the engine is, what the user should know of it. */
  opened(): Promise<{ readonly device: ComputeDevice; readonly warnings: readonly string[] }>;
  /** @returns undefined if it was stopped before its end. */
  train(job: TrainingJob): Promise<TrainingResult | undefined>;
  targets(block: TargetBlock): void;
  stop(how: Stop): void;
}

/** What the compute thread tells and asks, of the job that it has. */
export interface StudentNews extends TrainingNews, StudentPictures {
  /** These run operation by operation, which is slower; told once of each. */
  untraced(what: 'steps' | 'evaluation', reason: string): void;
}
