/** Which of a set's columns a model means that is given the cells of a table. Pure. */
import { LyceumError } from '@lyceum/proto';
import type { TableColumn } from '../datasets/index.js';

/** Whether a model that reads so may be given a set's texts too: the one text that it reads, as scikit-learn's pipelines do. */
export function readsOneText([only, ...others]: readonly TableColumn[]): boolean {
  return only?.kind === 'category' && others.length === 0;
}

/** Names in a message. */
const SHOWN = 12;

/**
 * The places of the model's columns among the set's. A name that the set has not means the column that is the same without
 * signs: exporters put `hours_per_week` for `hours-per-week`.
 *
 * @param wanted - that the model reads.
 * @param columns - of the set; undefined: it was not made of a table.
 * @throws {LyceumError} INVALID_ARGUMENT naming columns that the set has not, or of another kind.
 */
export function columnPlaces(
  wanted: readonly TableColumn[],
  columns: readonly TableColumn[] | undefined,
): number[] {
  if (columns === undefined) {
    throw refusal(
      "reads a table's columns, and the data set has none: push it from CSV, JSON lines or Parquet, without --raw",
    );
  }
  const placeOf = placesByName(columns);
  const missing = wanted.filter(({ name }) => placeOf(name) === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    throw refusal(
      `reads the ${missing.length === 1 ? 'column' : 'columns'} ${shown(missing)}, which the data set has not; it has ${shown(columns.map(({ name }) => name))}. "columns" in the model's settings says which are meant`,
    );
  }
  return wanted.map(({ name, kind }) => {
    const place = placeOf(name) as number;
    const own = columns[place] as TableColumn;
    if (own.kind === kind) return place;
    const [given, want] = kind === 'number' ? ['categories', 'numbers'] : ['numbers', 'texts'];
    throw refusal(
      `reads ${want} in the column ${own.name}, which is one of ${given} in the data set: push the set with --columns ${own.name}=${kind}`,
    );
  });
}

function placesByName(columns: readonly TableColumn[]): (name: string) => number | undefined {
  const exact = new Map(columns.map(({ name }, place) => [name, place]));
  const plain = new Map<string, number | undefined>();
  for (const [place, { name }] of columns.entries()) {
    const key = plainName(name);
    plain.set(key, plain.has(key) ? undefined : place);
  }
  return (name) => exact.get(name) ?? plain.get(plainName(name));
}

function plainName(name: string): string {
  return name.replace(/[^\p{L}\p{N}]+/gu, '_');
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
