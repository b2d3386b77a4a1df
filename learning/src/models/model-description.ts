/** What is told of a model, whatever its format. */
import type { ModelSettings } from './model-settings.js';

export interface ModelDescription {
  /** Without the batch dimension; absent where the topology leaves it open. */
  readonly inputShape?: readonly number[];
  readonly classCount?: number;
  readonly parameterCount: number;
  readonly weightBytes: number;
  readonly output: ModelSettings['output'];
  /** It is given the texts that a set was made of, and no numbers. */
  readonly readsTexts?: boolean;
  /** Of the encoding that it was trained on; absent: none. */
  readonly encodingDigest?: string;
}
