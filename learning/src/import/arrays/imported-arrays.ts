/** What every source of arrays takes and gives. */
import type { StoredDatasetParts } from '../../datasets/index.js';
import type { KnownClasses, SplitChoice } from '../samples/index.js';

export interface ArrayOptions {
  /** All classes. Absent: those of the source. */
  readonly classes?: KnownClasses | undefined;
  /** Absent: the splits of the source; where it has none they are drawn. */
  readonly split?: SplitChoice | undefined;
}

export interface ImportedArrays {
  readonly parts: StoredDatasetParts;
  /** For a person: what the order of classes is. */
  readonly classOrder: string;
  /** For a person: where the splits are from. */
  readonly splitSource: string;
}

/** The order of classes that have numbers, and where splits are from that have numbers too. */
export const AS_IN_SOURCE = 'as in the source';
