/** A table that is read row by row, whatever its format. */
import type { SplitName } from '../../datasets/index.js';

export interface Table {
  /** In the order of the source. */
  readonly columns: readonly string[];
  /** Called once. Other columns than the wanted may be missing in what comes. */
  rows(wanted: readonly string[]): AsyncIterable<TableRow>;
  /** For paths of images. Undefined: there can be none. */
  readonly folder: string | undefined;
  /** The column of the class, and that of the image, where the source says so. */
  readonly label?: string | undefined;
  readonly image?: string | undefined;
  /** By column: names of its classes, by number. */
  readonly classNamesOf?: ReadonlyMap<string, readonly string[]>;
}

export type RowValues = Readonly<Record<string, unknown>>;

export interface TableRow {
  /** `row 17`, `line 3`, with the file where there are several. */
  readonly where: string;
  readonly values: RowValues;
  /** From the name of the row's file. */
  readonly split?: SplitName | undefined;
}

/** A row whose class and split are known. */
export interface LabelledRow extends TableRow {
  /** By which other sources know it; undefined: it is not needed. */
  readonly id?: string | undefined;
  /** Undefined: unlabelled. */
  readonly label: string | undefined;
  /** Undefined: the source does not say. */
  readonly split: SplitName | undefined;
}
