/** What a user may say of how a source becomes a data set, checked. */
import { LyceumError } from '@lyceum/proto';
import type { TextEncoding } from '../../datasets/encoding/index.js';
import { DEFAULT_SHARES, type SplitShares } from '../../datasets/index.js';
import { readTextFile } from '../../files/index.js';
import type { ImageOptions } from '../../pictures/index.js';

/**
 * Where a sample's split comes from: names of folders or files, a column, or shares drawn with a seed.
 * Absent: from names, if there are such names, else the default shares.
 */
export type SplitChoice =
  | { readonly by: 'names' }
  | { readonly by: 'column'; readonly column: string }
  | { readonly by: 'shares'; readonly shares: SplitShares; readonly seed: number | undefined };

const COLUMN_KINDS = ['number', 'category', 'ignore'] as const;

export type ColumnKind = (typeof COLUMN_KINDS)[number];

export interface ImportOptions extends ImageOptions {
  /** For rows: the column that names a sample, which no model sees. */
  readonly id?: string;
  /** For rows: the column with the class. */
  readonly label?: string;
  /** For rows: the column with the image. */
  readonly image?: string;
  /** For rows: the column with the text. */
  readonly text?: string;
  /** For rows: take numbers as they are, neither standardised nor encoded; cells may be lists. */
  readonly raw?: boolean;
  /** For rows: the kinds of columns that the user says; others are guessed. */
  readonly columns?: ReadonlyMap<string, ColumnKind>;
  /** For texts: lengths of n-grams, in characters; absent: the defaults of datasets/encoding/text-encoding.ts. */
  readonly ngrams?: TextEncoding['ngrams'];
  /** For texts: how many numbers a sample has. */
  readonly buckets?: number;
  readonly split?: SplitChoice;
  /** Names of all classes, in their order. Absent: the classes that occur, sorted. */
  readonly classes?: readonly string[];
}

/** Larger sides are typing errors. */
const MAX_SIDE = 4096;

/** `32`, or `24x32`: height, then width, as in a sample's shape. */
export function parseSize(text: string): { height: number; width: number } {
  const match = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/.exec(text);
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? match?.[1]);
  if (!(height <= MAX_SIDE && width <= MAX_SIDE)) {
    const want = `want HEIGHTxWIDTH in pixels, 28x28, or one number for a square; at most ${MAX_SIDE}`;
    throw refusal(`size "${text}": ${want}`);
  }
  return { height, width };
}

/** `names`, `column:NAME`, or shares such as `test=0.2,validation=0.1,seed=7`. */
export function parseSplit(text: string): SplitChoice {
  if (text === 'names') return { by: 'names' };
  if (text.startsWith('column:')) return { by: 'column', column: text.slice('column:'.length) };
  const values = new Map<string, number>();
  for (const part of text.split(',')) {
    const match = /^(test|validation|seed)=(\d+(?:\.\d+)?)$/.exec(part);
    if (match === null || values.has(match[1] as string)) {
      const want = 'want names, column:NAME, or shares: test=0.2,validation=0.1,seed=7';
      throw refusal(`split "${text}": ${want}`);
    }
    values.set(match[1] as string, Number(match[2]));
  }
  const test = values.get('test') ?? DEFAULT_SHARES.test;
  const validation = values.get('validation') ?? DEFAULT_SHARES.validation;
  const seed = values.get('seed');
  if (!(test + validation < 1)) {
    throw refusal(`split "${text}": test and validation leave nothing to train on`);
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw refusal(`split "${text}": the seed must be a whole number`);
  }
  return { by: 'shares', shares: { test, validation }, seed };
}

/** `age=number,zip=category,id=ignore`, or `@FILE` with one of these a line. */
export function parseColumns(text: string): Map<string, ColumnKind> {
  const parts = text.startsWith('@') ? readLines('columns', text.slice(1)) : text.split(',');
  const kinds = new Map<string, ColumnKind>();
  for (const part of parts) {
    const at = part.lastIndexOf('=');
    const kind = COLUMN_KINDS.find((known) => known === part.slice(at + 1).trim());
    const name = part.slice(0, at).trim();
    // pandas' column of row numbers has no name. It can only be left out.
    if (at < (kind === 'ignore' ? 0 : 1) || kind === undefined) {
      throw refusal(`columns "${part}": want NAME=${COLUMN_KINDS.join(', NAME=')}`);
    }
    if (kinds.has(name)) throw refusal(`columns: "${name}" is there twice`);
    kinds.set(name, kind);
  }
  return kinds;
}

/** `cat,dog`, or `@FILE` with one name a line. */
export function parseClasses(text: string): string[] {
  const names = text.startsWith('@') ? readLines('classes', text.slice(1)) : text.split(',');
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw refusal(`classes: "${name}" is there twice`);
    seen.add(name);
  }
  if (names.length < 2 || names.includes('')) {
    throw refusal('classes: want two names or more, none of them empty');
  }
  return names;
}

/** `1-4`, or `3` for n-grams of one length. */
export function parseNgrams(text: string): TextEncoding['ngrams'] {
  const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text);
  if (match === null) throw refusal(`ngrams "${text}": want lengths, 1-4, or one number`);
  return { from: Number(match[1]), to: Number(match[2] ?? match[1]) };
}

function readLines(option: string, file: string): string[] {
  return readTextFile(file, 'NOT_FOUND', `${option}: ${file}`)
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
