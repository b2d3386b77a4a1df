/** The contents of a results file: the last recorded run of one bench. */
import type { Figure } from '../measuring/index.js';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGib: number;
  /** The GPU that the engine uses; null: none. */
  readonly gpu: string | null;
  readonly node: string;
  /** Name and version of TensorFlow. */
  readonly engine: string;
}

export interface BenchRecord {
  readonly bench: string;
  readonly recordedOn: string;
  readonly commit: string;
  /** Whether the files were those of the commit. */
  readonly isClean: boolean;
  readonly machine: Machine;
  /** Load averages over one minute, before and after the bench: they show other work on the machine. */
  readonly load: { readonly before: number; readonly after: number };
  readonly figures: readonly Figure[];
}
