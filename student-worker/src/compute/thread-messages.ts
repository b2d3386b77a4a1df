/** What the shell's thread and the compute thread say to each other. Jobs are numbered: news of an ended job is dropped. */
import type {
  TargetBlock,
  TrainingCheckpoint,
  TrainingFailure,
  TrainingJob,
  TrainingProgress,
  TrainingResult,
} from '../job/index.js';
import type { Stop, Untraced } from './training/index.js';

/** What the compute thread is started with. */
export interface ThreadSettings {
  readonly eager: boolean;
}

export interface ComputeDevice {
  readonly engine: 'native' | 'wasm';
  readonly engineVersion: string;
  readonly device: string;
}

export type ToThread =
  | { readonly kind: 'train'; readonly jobNumber: number; readonly job: TrainingJob }
  | { readonly kind: 'targets'; readonly jobNumber: number; readonly block: TargetBlock }
  | { readonly kind: 'stop'; readonly jobNumber: number; readonly how: Stop }
  | {
      readonly kind: 'checkpointTaken';
      readonly jobNumber: number;
      readonly failure: TrainingFailure | undefined;
    };

export type FromThread =
  | { readonly kind: 'ready'; readonly device: ComputeDevice }
  | { readonly kind: 'warning'; readonly message: string }
  | JobNews;

export type JobNews = { readonly jobNumber: number } & (
  | { readonly kind: 'untraced'; readonly what: Untraced; readonly reason: string }
  | { readonly kind: 'wantTargets'; readonly creditStep: number; readonly doneStep: number }
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'checkpoint'; readonly checkpoint: TrainingCheckpoint }
  | { readonly kind: 'finished'; readonly result: TrainingResult }
  | { readonly kind: 'failed'; readonly failure: TrainingFailure }
  /** The last of every job. */
  | { readonly kind: 'ended' }
);
