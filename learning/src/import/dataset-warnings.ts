/**
 * What is probably wrong with a set that is usable. Each warning names the problem, its place, and what to do.
 */
import type { Problem } from '@lyceum/proto';
import {
  type SampleFacts,
  type SharedSamples,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  sharedSamplesText,
} from '../datasets/index.js';
import { shownName } from '../files/index.js';
import type { FittedColumn } from './columns/index.js';

/** How many names a warning shows. */
const SHOWN = 5;

/** Labelled samples of one class. */
interface ClassCounts {
  readonly name: string;
  total: number;
  readonly bySplit: Record<(typeof SPLIT_NAMES)[number], number>;
}

/** @returns warnings; `path` names the part of the set. */
export function factWarnings(facts: SampleFacts): Problem[] {
  const classes = classCounts(facts);
  const hasLabels = classes.some(({ total }) => total > 0);
  if (!hasLabels) {
    const message =
      'no sample has one. A run of this set cannot have the term ce; for the class give --label, or labels in the file';
    return [{ path: 'labels', message }];
  }
  return [
    ...unseenClasses(classes),
    ...singleSamples(classes),
    ...emptyClasses(classes),
    ...alikeNames(classes.map(({ name }) => name)),
    ...lostCharacters(classes.map(({ name }) => name)),
    ...namesOfNothing(classes.map(({ name }) => name)),
    ...pointedNumbers(classes.map(({ name }) => name)),
  ];
}

/** Texts that programs write for a missing value. */
const NOTHING = /^(n\/?a|nan|null|none|nil|nat|\?|-|\\n|<na>|#n\/?a)$/i;

function namesOfNothing(names: readonly string[]): Problem[] {
  const areNumbers = names.every((name) => /^-?\d+$/.test(name));
  const found = names.filter((name) => NOTHING.test(name) || (areNumbers && name === '-1'));
  return found.map((name) => ({
    path: 'classes',
    message: `${shownName(name)} is a class like any other; if it stands for samples without a class, leave their cells empty in the source`,
  }));
}

/** Warns of classes `0.0` and `1.0`: models know them as `0` and `1`. */
function pointedNumbers(names: readonly string[]): Problem[] {
  if (!names.every((name) => /^-?\d+\.0+(e[+-]?\d+)?$/i.test(name))) return [];
  const message = `${names.slice(0, SHOWN).join(', ')} are whole numbers with a point, as pandas writes a column with gaps; models may know them without. astype('Int64') before to_csv writes them so`;
  return [{ path: 'classes', message }];
}

/** Warns of pictures in arrays whose channels seem to come first. */
export function shapeWarnings(shape: readonly number[], path: string): Problem[] {
  const [first = 0, height = 0, last = 0] = shape;
  const isChannelsFirst = shape.length === 3 && [1, 3, 4].includes(first) && height > 4 && last > 4;
  if (!isChannelsFirst) return [];
  const message = `a sample of shape [${shape.join(', ')}] is read as ${first} pixels high, with ${last} channels. If its channels come first, as PyTorch has them: x.transpose(0, 2, 3, 1)`;
  return [{ path, message }];
}

/** @param inputs - values of pictures, as floats. */
export function scaleWarnings(inputs: Float32Array, path: string): Problem[] {
  const arePixels = inputs.every((value) => value >= 0 && value <= 255 && Number.isInteger(value));
  if (!arePixels || inputs.every((value) => value <= 1)) return [];
  const message =
    "are pixels from 0 to 255 as floats, and are taken as they are; x.astype('uint8') stands for 0 to 1";
  return [{ path, message }];
}

function classCounts({ classNames, labels, splits }: SampleFacts): ClassCounts[] {
  const counts = classNames.map((name) => ({
    name,
    total: 0,
    bySplit: { train: 0, validation: 0, test: 0 },
  }));
  for (const [sample, label] of labels.entries()) {
    const own = counts[label];
    const split = SPLIT_NAMES.find((name) => SPLIT_NUMBERS[name] === splits[sample]);
    if (own === undefined || split === undefined) continue;
    own.total += 1;
    own.bySplit[split] += 1;
  }
  return counts;
}

function unseenClasses(classes: readonly ClassCounts[]): Problem[] {
  const unseen = classes.filter(({ total, bySplit }) => total > 0 && bySplit.train === 0);
  if (unseen.length === 0) return [];
  const where = SPLIT_NAMES.filter((split) => unseen.some(({ bySplit }) => bySplit[split] > 0));
  const message = `${namesText(unseen)} only in ${where.join(' and ')}, never in train, so no student can learn it; --split with other shares or another seed, or more samples`;
  return [{ path: 'classes', message }];
}

function singleSamples(classes: readonly ClassCounts[]): Problem[] {
  const single = classes.filter(({ total }) => total === 1);
  if (single.length === 0) return [];
  const message = `${namesText(single)} of one sample, which is in one split alone; is it misspelled, or not the column of classes?`;
  return [{ path: 'classes', message }];
}

function emptyClasses(classes: readonly ClassCounts[]): Problem[] {
  const empty = classes.filter(({ total }) => total === 0);
  if (empty.length === 0) return [];
  const areNumbers = classes.every(({ name }, index) => name === String(index));
  const used = classes.filter(({ total }) => total > 0);
  const message = areNumbers
    ? `${empty.length} of ${classes.length} have no sample: the labels are ${used
        .slice(0, SHOWN)
        .map(({ name }) => name)
        .join(
          ', ',
        )}${used.length > SHOWN ? ', …' : ''}, and a class is made for every number up to ${used.at(-1)?.name}. Number them 0 to ${used.length - 1} if that is not meant`
    : `${namesText(empty)} without a sample`;
  return [{ path: 'classes', message }];
}

/** Characters that are not seen, such as spaces of no width: `cat` with one of them looks like `cat`. */
const UNSEEN = /[\p{Cf}\p{Variation_Selector}]/gu;

/**
 * Warns of `cat` beside `cat `, `Cat`, other compositions of its letters, or `cat` with characters that are not seen.
 */
function alikeNames(names: readonly string[]): Problem[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const seen = name.replaceAll(UNSEEN, '');
    const key = seen.normalize('NFKC').replaceAll(/\s+/gu, ' ').trim().toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const alike = [...groups.values()].filter((group) => group.length > 1);
  return alike.slice(0, SHOWN).map((group) => ({
    path: 'classes',
    message: `${group.map(shownName).join(' and ')} are classes of their own, and differ in ${difference(group)} alone; make them one in the source if they are one`,
  }));
}

function difference(group: readonly string[]): string {
  const areOne = (change: (name: string) => string) => new Set(group.map(change)).size === 1;
  if (areOne((name) => name.replaceAll(/\s+/gu, ' ').trim())) return 'white space';
  if (areOne((name) => name.toLowerCase())) return 'case';
  if (areOne((name) => name.normalize('NFKC'))) return 'how Unicode composes their letters';
  if (areOne((name) => name.replaceAll(UNSEEN, ''))) return 'characters that are not seen';
  return 'white space, case, how Unicode composes their letters or characters that are not seen';
}

function lostCharacters(names: readonly string[]): Problem[] {
  const lost = names.filter((name) => name.includes('\ufffd'));
  if (lost.length === 0) return [];
  const message = `${lost.slice(0, SHOWN).map(shownName).join(', ')}: a program that did not know the text's encoding has written U+FFFD for a letter, and may have made one class of two; want the text as it was`;
  return [{ path: 'classes', message }];
}

/** @param at - path before the columns' names, where there are several modalities. */
export function columnWarnings(columns: readonly FittedColumn[], at: string): Problem[] {
  return columns.flatMap(({ name, doubt }) =>
    doubt === undefined ? [] : [{ path: `${at}column ${shownName(name)}`, message: doubt }],
  );
}

export function sharedWarnings(shared: SharedSamples): Problem[] {
  const text = sharedSamplesText(shared);
  if (text === undefined) return [];
  const message = `${text}, value by value: figures on them are too good. Keep one of each in the source, or twins in one split by --split column:NAME`;
  return [{ path: 'duplicates', message }];
}

function namesText(classes: readonly ClassCounts[]): string {
  const shown = classes.slice(0, SHOWN).map(({ name }) => shownName(name));
  const more = classes.length > SHOWN ? `, … (${classes.length} in all)` : '';
  return `${shown.join(', ')}${more} ${classes.length === 1 ? 'is a class' : 'are classes'}`;
}
