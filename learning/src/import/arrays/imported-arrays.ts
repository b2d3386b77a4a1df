/** Options and results of every source of arrays. */
import type { StoredDatasetParts } from '../../datasets/index.js';
import type { KnownClasses, SplitChoice } from '../samples/index.js';

export interface ArrayOptions {
  /** All classes. Absent: the source's classes. */
  readonly classes?: KnownClasses | undefined;
  /** Absent: the splits of the source; if it has none, they are drawn. */
  readonly split?: SplitChoice | undefined;
}

export interface ImportedArrays {
  readonly parts: StoredDatasetParts;
  /** The order of classes in words, for people. */
  readonly classOrder: string;
  /** Where the splits are from, in words, for people. */
  readonly splitSource: string;
}

/** The words for both, if classes and splits are numbers in the source. */
export const AS_IN_SOURCE = 'as in the source';
