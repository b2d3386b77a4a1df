/** The description of a model, whatever its format. */
import type { TableColumn } from '../datasets/index.js';
import type { ModelSettings } from './model-settings.js';

export interface ModelDescription {
  /** Shape of an input without the batch dimension; absent where the topology leaves it open. */
  readonly inputShape?: readonly number[];
  readonly classCount?: number;
  readonly parameterCount: number;
  readonly weightBytes: number;
  readonly output: ModelSettings['output'];
  /**
   * The model is given what the set was made of, texts or a table's cells, in place of the set's numbers. Absent: the
   * numbers.
   */
  readonly reads?: RawKind;
  /** Columns of the table that it is given cells of, by the names that the model has for them. */
  readonly columns?: readonly TableColumn[];
  /** Digest of the encoding that it was trained on; absent: none. */
  readonly encodingDigest?: string;
}

export const RAW_KINDS = ['texts', 'columns'] as const;
export type RawKind = (typeof RAW_KINDS)[number];
