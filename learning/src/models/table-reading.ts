/** The set's columns that a model means if it reads the cells of a table. Pure. */
import { LyceumError } from '@lyceum/proto';
import type { TableColumn } from '../datasets/index.js';

/**
 * Whether a model that reads these columns may be given a set's texts too: if it reads one text, as scikit-learn's
 * pipelines do.
 */
export function readsOneText([only, ...others]: readonly TableColumn[]): boolean {
  return only?.kind === 'category' && others.length === 0;
}

/** The most names in a message. */
const SHOWN = 12;

/**
 * The places of the model's columns among the set's. A name that the set does not have means the only column whose name
 * differs from it by characters in place of which one of the two has `_`: exporters write `hours_per_week` for
 * `hours-per-week`, and `_2010` for `2010`. It never means a column that the model reads by its own name.
 *
 * @param wanted - the columns that the model reads.
 * @param columns - of the set; undefined: it was not made of a table.
 * @throws {LyceumError} INVALID_ARGUMENT naming columns that the set does not have, or that are of another kind.
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
  const places = foundPlaces(wanted, columns);
  const missing = wanted.filter((_, k) => places[k] === undefined).map(({ name }) => name);
  if (missing.length > 0) {
    throw refusal(
      `reads the ${missing.length === 1 ? 'column' : 'columns'} ${shown(missing)}, which the data set does not have; it has ${shown(columns.map(({ name }) => name))}. "columns" in the model's settings says which are meant`,
    );
  }
  return wanted.map(({ kind }, k) => {
    const place = places[k] as number;
    const own = columns[place] as TableColumn;
    if (own.kind === kind) return place;
    const [given, want] = kind === 'number' ? ['categories', 'numbers'] : ['numbers', 'texts'];
    throw refusal(
      `reads ${want} in the column ${own.name}, which is one of ${given} in the data set: push the set with --columns ${own.name}=${kind}, or name another column in the model's settings`,
    );
  });
}

function foundPlaces(
  wanted: readonly TableColumn[],
  columns: readonly TableColumn[],
): (number | undefined)[] {
  const byName = new Map(columns.map(({ name }, place) => [name, place]));
  const places = wanted.map(({ name }) => byName.get(name));
  if (!places.includes(undefined)) return places;
  const taken = new Set(places);
  const alike = new Map<string, number | undefined>();
  for (const [place, { name }] of columns.entries()) {
    const key = plainName(name);
    alike.set(key, alike.has(key) ? undefined : place);
  }
  return wanted.map(({ name }, k) => {
    const place = places[k] ?? alike.get(plainName(name));
    if (place === undefined || place === places[k]) return place;
    const { name: own } = columns[place] as TableColumn;
    return taken.has(place) || !isWrittenFor(name, own) ? undefined : place;
  });
}

const SIGNS = /[^\p{L}\p{N}]+/gu;

function plainName(name: string): string {
  return forExport(name).replace(SIGNS, '_');
}

/** Whether two names with one plain name differ only where one of them has `_`. */
function isWrittenFor(name: string, other: string): boolean {
  const others = forExport(other).match(SIGNS) ?? [];
  return (forExport(name).match(SIGNS) ?? []).every((signs, n) => {
    const own = others[n] ?? '';
    return signs === own || [signs, own].some((text) => /^_+$/.test(text));
  });
}

/** The name as exporters write it: there, names begin with no digit. */
function forExport(name: string): string {
  return /^\p{N}/u.test(name) ? `_${name}` : name;
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
