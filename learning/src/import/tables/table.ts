/** A table that is read row by row, whatever its format. */
import type { SplitName } from '../../datasets/index.js';

export interface Table {
  /** Names of columns, in the order of the source. */
  readonly columns: readonly string[];
  /** Can be called once. Columns that are not wanted may be missing in the rows. */
  rows(wanted: readonly string[]): AsyncIterable<TableRow>;
  /** The folder to which paths of images are relative. Undefined: rows cannot have such paths. */
  readonly folder: string | undefined;
  /** The column of the class and that of the image, if the source itself says them. */
  readonly label?: string | undefined;
  readonly image?: string | undefined;
  /** By column: names of its classes, in the order of their numbers. */
  readonly classNamesOf?: ReadonlyMap<string, readonly string[]>;
}

export type RowValues = Readonly<Record<string, unknown>>;

export interface TableRow {
  /** `row 17`, `line 3`; with the file, if there are several. */
  readonly where: string;
  readonly values: RowValues;
  /** The split that the name of the row's file says. */
  readonly split?: SplitName | undefined;
}

/** A row with its class and split. */
export interface LabelledRow extends TableRow {
  /** The id by which rows of other sources are matched; undefined: no id is needed. */
  readonly id?: string | undefined;
  /** Undefined: unlabelled. */
  readonly label: string | undefined;
  /** Undefined: the source does not say. */
  readonly split: SplitName | undefined;
}
