/** Which column of a table holds what, as its user or the table itself says. */
import { LyceumError } from '@lyceum/proto';
import type { ImportOptions } from './import-options.js';
import type { Table } from './table.js';

export interface Columns {
  /** Undefined: no sample has a label. */
  readonly label: string | undefined;
  readonly split: string | undefined;
  readonly id: string | undefined;
  /** At most one of these two. */
  readonly image: string | undefined;
  readonly text: string | undefined;
  /** Of numbers and categories; none if there is an image or a text. */
  readonly cells: readonly string[];
}

/** Options that mean something for samples of one kind alone. */
const OPTIONS_OF = {
  image: ['size', 'channels', 'fit'],
  text: ['ngrams', 'buckets'],
} as const satisfies Record<string, readonly (keyof ImportOptions)[]>;

/** In a message. */
const COLUMNS_SHOWN = 20;

/** Where nobody says which column the class is in. */
const USUAL_LABEL = 'label';

/** Where options are for several sources: what does not concern this one is no mistake. */
export interface SharedOptions {
  /** The columns that models see; absent: all others. */
  readonly columns?: readonly string[] | undefined;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming a column that is not there, or options that do not go together. */
export function chosenColumns(
  table: Table,
  options: ImportOptions,
  shared?: SharedOptions,
): Columns {
  const { label, split, id } = options;
  const seen = shared?.columns ?? table.columns;
  // Class, split, image and text may be in another of several sources. Without ids nothing goes together.
  const present = (column: string | undefined, among = table.columns) =>
    shared !== undefined && column !== undefined && !among.includes(column) ? undefined : column;
  const text = present(options.text, seen);
  const chosen = {
    label: present(label ?? table.label ?? usualLabel(table, options)),
    split: present(split?.by === 'column' ? split.column : undefined),
    id,
    image: text === undefined ? present(options.image ?? table.image, seen) : undefined,
    text,
  };
  for (const [option, column] of Object.entries(chosen)) requireColumn(table, option, column);
  for (const column of seen) requireColumn(table, 'modality', column);
  if (shared === undefined) {
    for (const column of options.columns?.keys() ?? []) requireColumn(table, 'columns', column);
    refuseMismatch(chosen, options);
  }
  if (chosen.image !== undefined || text !== undefined) return { ...chosen, cells: [] };
  const used = [chosen.label, chosen.split, id];
  const cells = seen.filter((column) => !used.includes(column));
  if (cells.length === 0) throw refusal('there is no column of numbers beside the class');
  return { ...chosen, cells };
}

function refuseMismatch(chosen: Omit<Columns, 'cells'>, options: ImportOptions): void {
  if (options.image !== undefined && options.text !== undefined) {
    throw refusal('samples are images or texts: give --image or --text, not both');
  }
  for (const kind of ['image', 'text'] as const) {
    if (chosen[kind] !== undefined) continue;
    const given = OPTIONS_OF[kind].find((name) => options[name] !== undefined);
    if (given === undefined) continue;
    throw refusal(`--${given} means nothing without ${kind}s; --${kind} names their column`);
  }
  const ofRows = (['raw', 'columns'] as const).filter((name) => options[name] !== undefined);
  const [first] = ofRows;
  if (first === undefined) return;
  if (ofRows.length === 2) throw refusal('--columns means nothing with --raw');
  if (chosen.image === undefined && chosen.text === undefined) return;
  throw refusal(`--${first} means nothing for images and texts`);
}

/** Where all classes are named, samples need not have one. */
function usualLabel({ columns }: Table, { classes }: ImportOptions): string | undefined {
  return classes === undefined || columns.includes(USUAL_LABEL) ? USUAL_LABEL : undefined;
}

function requireColumn(table: Table, option: string, column: string | undefined): void {
  if (column === undefined || table.columns.includes(column)) return;
  const known = table.columns.slice(0, COLUMNS_SHOWN).join(', ');
  const more = table.columns.length > COLUMNS_SHOWN ? ', …' : '';
  const of = option === 'columns' ? '' : ` of the ${option}`;
  const message = `there is no column "${column}"${of}; the columns are: ${known}${more}. --${option} names another`;
  throw refusal(message);
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
