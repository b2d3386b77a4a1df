/**
 * Which rows of several sources are the same sample: those with the same id. Pure.
 *
 * Samples are in the order of the first source. Refused, each sample once and by name, are: an id that a source lacks
 * or has twice, and labels or splits that differ between sources. If one source leaves a label or split open, another
 * may say it.
 */
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { SPLIT_NAMES, SPLIT_NUMBERS } from '../datasets/index.js';
import type { RefusedSample } from './samples/index.js';

/** The rows of one source. */
export interface IdentifiedRows {
  readonly name: string;
  readonly ids: readonly string[];
  /** The number of a class, the same in all sources; −1: the source does not say. */
  readonly labels: Int32Array;
  /** The number of a split; 0: the source does not say. */
  readonly splits: Int32Array;
}

export interface AlignedSamples {
  /** One order for each source: the row of each sample. */
  readonly orders: readonly Uint32Array[];
  /** By sample; −1 for a label and 0 for a split that no source says. */
  readonly labels: Int32Array;
  readonly splits: Int32Array;
}

/**
 * @param idName - the word for an id in messages: `id`, or `row`.
 * @param className - gives the name of a class by its number.
 */
export function alignSources(
  sources: readonly IdentifiedRows[],
  idName: string,
  className: (number: number) => string,
  refuse: (refused: RefusedSample) => void,
): AlignedSamples {
  const doubled = new Set<string>();
  const refuseId = (id: string, refusal: SampleRefusedError) =>
    refuse({ where: `${idName} ${id}`, refusal });
  const rowsOf = sources.map((source) => rowsById(source, doubled, refuseId));
  const orders: number[][] = sources.map(() => []);
  const labels: number[] = [];
  const splits: number[] = [];
  for (const id of idsOf(sources)) {
    if (doubled.has(id)) continue;
    const rows = rowsOf.map((byId) => byId.get(id));
    const found = foundOf(sources, rows);
    const labelled = found.filter(({ label }) => label >= 0);
    const placed = found.filter(({ split }) => split > 0);
    const refusal =
      missingIn(sources, rows) ??
      differing('labels', labelled, ({ label }) => label, className) ??
      differing('splits', placed, ({ split }) => split, splitName);
    if (refusal !== undefined) {
      refuseId(id, refusal);
      continue;
    }
    for (const [index, row] of rows.entries()) orders[index]?.push(row as number);
    labels.push(labelled[0]?.label ?? -1);
    splits.push(placed[0]?.split ?? 0);
  }
  return {
    orders: orders.map((rows) => Uint32Array.from(rows)),
    labels: Int32Array.from(labels),
    splits: Int32Array.from(splits),
  };
}

/** What one source says of a sample. */
interface Found {
  readonly name: string;
  readonly label: number;
  readonly split: number;
}

function rowsById(
  { name, ids }: IdentifiedRows,
  doubled: Set<string>,
  refuseId: (id: string, refusal: SampleRefusedError) => void,
): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  const twice = new Set<string>();
  for (const [row, id] of ids.entries()) {
    if (rows.has(id)) twice.add(id);
    rows.set(id, row);
  }
  for (const id of twice) {
    if (doubled.has(id)) continue;
    doubled.add(id);
    refuseId(id, new SampleRefusedError('id twice', `is the id of several rows of ${name}`));
  }
  return rows;
}

/** Ids of all sources: the first source's in its order, then those that only later sources have. */
function idsOf(sources: readonly IdentifiedRows[]): ReadonlySet<string> {
  return new Set(sources.flatMap(({ ids }) => ids));
}

function foundOf(
  sources: readonly IdentifiedRows[],
  rows: readonly (number | undefined)[],
): Found[] {
  return sources.flatMap(({ name, labels, splits }, index) => {
    const row = rows[index];
    if (row === undefined) return [];
    return [{ name, label: labels[row] as number, split: splits[row] as number }];
  });
}

function missingIn(
  sources: readonly IdentifiedRows[],
  rows: readonly (number | undefined)[],
): SampleRefusedError | undefined {
  const named = (has: boolean) =>
    sources.flatMap(({ name }, index) => ((rows[index] !== undefined) === has ? [name] : []));
  const missing = named(false).join(', ');
  if (missing === '') return undefined;
  const message = `is in ${named(true).join(', ')}, and in ${missing} there is no such row that can be taken`;
  return new SampleRefusedError(`not in ${missing}`, message);
}

function differing(
  what: 'labels' | 'splits',
  found: readonly Found[],
  numberOf: (found: Found) => number,
  nameOf: (number: number) => string,
): SampleRefusedError | undefined {
  const [first, ...others] = found.map(numberOf);
  if (others.every((number) => number === first)) return undefined;
  const texts = found.map((one) => `"${nameOf(numberOf(one))}" in ${one.name}`);
  return new SampleRefusedError(`${what} differ`, `${what} differ: ${texts.join(', ')}`);
}

function splitName(number: number): string {
  return SPLIT_NAMES.find((name) => SPLIT_NUMBERS[name] === number) ?? '';
}
