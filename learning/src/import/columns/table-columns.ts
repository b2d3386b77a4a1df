/** The role of each column of a table, as its user or the table itself says. */
import { LyceumError } from '@lyceum/proto';
import { nameProblem, shownName } from '../../files/index.js';
import type { ImportOptions } from '../samples/index.js';
import type { Table } from '../tables/index.js';
import { tellingName, type Unclaimed } from './telling-columns.js';

export interface Columns {
  /** Undefined: no sample has a label. */
  readonly label: string | undefined;
  readonly split: string | undefined;
  readonly id: string | undefined;
  /** Only one of `image` and `text` is there. */
  readonly image: string | undefined;
  readonly text: string | undefined;
  /** Columns of numbers and categories; none if there is an image or a text. */
  readonly cells: readonly string[];
  /** Those of `cells` that are read: the user does not leave them out. */
  readonly read: readonly string[];
  /** All columns but class, split, id, image and text: the ones that --columns may name. */
  readonly others: readonly string[];
  /** Columns that the user must be asked about; none if the user lists the columns of a modality. */
  readonly unclaimed: readonly Unclaimed[];
}

/** Options that mean something only for samples of one kind. */
const OPTIONS_OF = {
  image: ['size', 'channels', 'fit'],
  text: ['ngrams', 'buckets'],
} as const satisfies Record<string, readonly (keyof ImportOptions)[]>;

/** How many columns a message names. */
const COLUMNS_SHOWN = 20;

/** The column of the class, unless the user names one. */
const USUAL_LABEL = 'label';

/** Given if the options are for several sources: options that do not concern this source are no mistake then. */
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
  requirePlainNames(table);
  const { label, split, id } = options;
  const seen = shared?.columns ?? table.columns;
  // With several sources, another one may have class, split, image or text. Each must have the id column itself.
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
  const used = Object.values(chosen);
  const others = seen.filter((column) => !used.includes(column));
  const isFeature = chosen.image === undefined && text === undefined;
  const unclaimed =
    shared?.columns === undefined ? unclaimedColumns(others, chosen, options, isFeature) : [];
  if (!isFeature) return { ...chosen, cells: [], read: [], others, unclaimed };
  // Left-out columns of an encoded table stay among the cells, so that the summary reports them.
  const read = others.filter((column) => options.columns?.get(column) !== 'ignore');
  const cells = options.raw === true ? read : others;
  if (cells.length === 0) throw refusal('there is no column of numbers beside the class');
  return { ...chosen, cells, read, others, unclaimed };
}

/**
 * Columns that the user must be asked about. Beside an image or a text no column is a feature, so only a class or
 * split that the user may have forgotten counts.
 */
function unclaimedColumns(
  others: readonly string[],
  { label }: Pick<Columns, 'label'>,
  { columns, split }: ImportOptions,
  isFeature: boolean,
): Unclaimed[] {
  return others.flatMap((column) => {
    const telling = columns?.has(column) === true ? undefined : tellingName(column, others);
    const isLost =
      (telling === 'split' && split === undefined) || (telling === 'class' && label === undefined);
    return telling === undefined || !(isFeature || isLost) ? [] : [{ column, telling, isFeature }];
  });
}

function requirePlainNames({ columns }: Table): void {
  for (const [index, name] of columns.entries()) {
    const problem =
      nameProblem(name) ??
      (name.includes('\ufffd') ? 'was not UTF-8: a character of it is lost' : undefined);
    if (problem === undefined) continue;
    const message = `column ${index + 1} is called ${shownName(name)}, which ${problem}. Is the first line one of names?`;
    throw refusal(message);
  }
}

function refuseMismatch(chosen: Pick<Columns, 'image' | 'text'>, options: ImportOptions): void {
  if (options.image !== undefined && options.text !== undefined) {
    throw refusal('samples are images or texts: give --image or --text, not both');
  }
  for (const kind of ['image', 'text'] as const) {
    if (chosen[kind] !== undefined) continue;
    const given = OPTIONS_OF[kind].find((name) => options[name] !== undefined);
    if (given === undefined) continue;
    throw refusal(`--${given} means nothing without ${kind}s; --${kind} names their column`);
  }
  const ofRows = chosen.image === undefined && chosen.text === undefined;
  if (options.raw === true && !ofRows) throw refusal('--raw means nothing for images and texts');
  refuseKinds(options, ofRows);
}

/** @throws {LyceumError} INVALID_ARGUMENT if a column is given a kind that means nothing for such samples. */
export function refuseKinds({ columns, raw }: ImportOptions, ofRows: boolean): void {
  for (const [name, kind] of columns ?? []) {
    if (kind === 'ignore' || (ofRows && (raw !== true || kind === 'number'))) continue;
    const where = ofRows ? 'with --raw' : 'for images and texts';
    throw refusal(`--columns ${name}=${kind} means nothing ${where}; =ignore leaves it out`);
  }
}

/** If the user names all classes, the table may lack the usual column: then samples have no labels. */
function usualLabel({ columns }: Table, { classes }: ImportOptions): string | undefined {
  return classes === undefined || columns.includes(USUAL_LABEL) ? USUAL_LABEL : undefined;
}

const NUMBER = /^\s*-?\d*\.?\d+\s*$/;

function requireColumn(table: Table, option: string, column: string | undefined): void {
  if (column === undefined || table.columns.includes(column)) return;
  const known = table.columns.slice(0, COLUMNS_SHOWN).join(', ') || 'none';
  const more = table.columns.length > COLUMNS_SHOWN ? ', …' : '';
  const of = option === 'columns' ? '' : ` of the ${option}`;
  const areNumbers = table.columns.filter((name) => NUMBER.test(name)).length * 2;
  const first =
    areNumbers > table.columns.length ? ', and the first line is to be one of names' : '';
  const message = `there is no column "${column}"${of}; the columns are: ${known}${more}. --${option} names another${first}`;
  throw refusal(message);
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
