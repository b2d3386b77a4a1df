/** What a results file holds: the last recorded run of one bench. */
import type { Figure } from '../measuring/index.js';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGib: number;
  /** Null: none that the engine uses. */
  readonly gpu: string | null;
  readonly node: string;
  /** TensorFlow. */
  readonly engine: string;
}

export interface BenchRecord {
  readonly bench: string;
  readonly recordedOn: string;
  readonly commit: string;
  /** False: files differed from the commit. */
  readonly isClean: boolean;
  readonly machine: Machine;
  /** Of a minute, before and after: what else the machine did. */
  readonly load: { readonly before: number; readonly after: number };
  readonly figures: readonly Figure[];
}
