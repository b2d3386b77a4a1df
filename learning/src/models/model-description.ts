/** What is told of a model, whatever its format. */
import type { TableColumn } from '../datasets/index.js';
import type { ModelSettings } from './model-settings.js';

export interface ModelDescription {
  /** Without the batch dimension; absent where the topology leaves it open. */
  readonly inputShape?: readonly number[];
  readonly classCount?: number;
  readonly parameterCount: number;
  readonly weightBytes: number;
  readonly output: ModelSettings['output'];
  /** What a set was made of, which it is given in place of the set's numbers: texts, or cells of a table. Absent: the numbers. */
  readonly reads?: RawKind;
  /** Of a table that it is given cells of: the columns, by the names that the model has for them. */
  readonly columns?: readonly TableColumn[];
  /** Of the encoding that it was trained on; absent: none. */
  readonly encodingDigest?: string;
}

export const RAW_KINDS = ['texts', 'columns'] as const;
export type RawKind = (typeof RAW_KINDS)[number];
