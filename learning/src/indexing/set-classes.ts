/** From the labels in shards to the classes of the set. Pure. */
import { InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import { MAX_CLASSES } from '../datasets/index.js';
import { shownName } from '../files/index.js';
import { ClassNumbers, Refusals } from '../import/samples/index.js';
import type { FoundLabel, ShardRows } from './formats/index.js';

export type LabelledRows = Pick<ShardRows, 'labels' | 'found' | 'mayBeNumbers' | 'classNames'>;

export interface SetClasses {
  readonly classNames: readonly string[];
  /** The order of classes in words, for people. */
  readonly order: string;
  /** By part, [rows]: numbers of classes; −1: unlabelled; {@link REFUSED}: the row is not taken. */
  readonly labels: readonly Int32Array[];
  readonly refusals: Refusals;
  readonly warnings: readonly Problem[];
}

export const REFUSED = -2;

const NUMERAL = /^(0|[1-9]\d{0,14})$/;

/** Gives a label's class number. @throws {SampleRefusedError} if the label is no class. */
type Numbering = (label: FoundLabel) => number;

/**
 * If all labels are whole numbers, they are numbers of classes, in this order; otherwise labels are names.
 *
 * @param given - names of all classes, if the user gives them.
 * @param areNumbered - whether labels are numbers of the given classes, whatever these are called.
 * @throws {LyceumError} INVALID_ARGUMENT if shards name other classes, or there are too many.
 */
export function setClasses(
  parts: readonly LabelledRows[],
  given: readonly string[] | undefined,
  areNumbered = false,
): SetClasses {
  const own = ownNames(parts);
  const known = given ?? own;
  if (areNumbered || (own === undefined && areNumbers(parts, given)))
    return numberedClasses(parts, given);
  const knownOrder = given === undefined ? 'as the source has them' : 'as given';
  const numbers = new ClassNumbers(
    known === undefined ? undefined : { names: known, order: knownOrder },
  );
  const { labels, refusals } = numbered(parts, ({ text }) => numbers.numberOf(text));
  const { classNames, order, finalNumbers } = numbers.ordered();
  const final = (label: number) => (label < 0 ? label : (finalNumbers[label] as number));
  const warnings = known === undefined ? strayWarning(parts, classNames) : [];
  return { classNames, order, labels: labels.map((part) => part.map(final)), refusals, warnings };
}

/** Warns if a few labels among thousands are no numbers: they turn all labels into names, in another order. */
function strayWarning(parts: readonly LabelledRows[], classNames: readonly string[]): Problem[] {
  const isMoved = (name: string, number: number) => NUMERAL.test(name) && Number(name) !== number;
  const moved = classNames.findIndex(isMoved);
  const numeralCount = classNames.filter((name) => NUMERAL.test(name)).length;
  const stray = parts.flatMap(({ found }) => found).find(({ text }) => !NUMERAL.test(text));
  const mayBeNumbers =
    parts.every((part) => part.mayBeNumbers) && 2 * numeralCount > classNames.length;
  if (!mayBeNumbers || moved < 0 || stray === undefined) return [];
  const message = `${stray.where} has label ${shownName(stray.text)}, no whole number as most are, so all labels are names: class "${classNames[moved]}" has number ${moved}. If numbers are meant, mend that label, or name the classes by --classes`;
  return [{ path: 'labels', message }];
}

function ownNames(parts: readonly LabelledRows[]): readonly string[] | undefined {
  const named = parts.flatMap(({ classNames }) => (classNames === undefined ? [] : [classNames]));
  const [first, ...others] = named;
  const other = others.find((names) => `${names}` !== `${first}`);
  if (first === undefined || other === undefined) return first;
  const message = `shards name other classes: ${first.length} (${shownName(`${first}`)}) and ${other.length} (${shownName(`${other}`)})`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

function areNumbers(parts: readonly LabelledRows[], given: readonly string[] | undefined): boolean {
  const found = parts.flatMap((part) => part.found);
  const areWhole = found.every(({ text }) => NUMERAL.test(text));
  if (!areWhole || found.length === 0 || !parts.every((part) => part.mayBeNumbers)) return false;
  return given === undefined || !found.every(({ text }) => given.includes(text));
}

function numberedClasses(
  parts: readonly LabelledRows[],
  given: readonly string[] | undefined,
): SetClasses {
  let greatest = 1;
  const numberOf: Numbering = ({ text, where }) => {
    const number = Number(text);
    if (given !== undefined && given[number] === undefined) {
      const message = `has label ${text}, and there are ${given.length} classes, from 0`;
      throw new SampleRefusedError('unknown class', message);
    }
    if (number >= MAX_CLASSES) {
      const message = `class ${text}; at most ${MAX_CLASSES} classes, from 0: is this where labels are?`;
      throw new InvalidDocumentError('labels', [{ path: where, message }]);
    }
    greatest = Math.max(greatest, number);
    return number;
  };
  const { labels, refusals } = numbered(parts, numberOf);
  const classNames = given ?? Array.from({ length: greatest + 1 }, (_, number) => String(number));
  const order = given === undefined ? 'by number' : 'as given, by number';
  return { classNames, order, labels, refusals, warnings: [] };
}

function numbered(
  parts: readonly LabelledRows[],
  numberOf: Numbering,
): Pick<SetClasses, 'labels' | 'refusals'> {
  const refusals = new Refusals();
  const labels = parts.map((part) => {
    const rowsOf = new Uint32Array(part.found.length);
    for (const place of part.labels) if (place >= 0) rowsOf[place] = (rowsOf[place] as number) + 1;
    const numbers = part.found.map((label, place) => {
      try {
        return numberOf(label);
      } catch (err) {
        if (!(err instanceof SampleRefusedError)) throw err;
        const count = rowsOf[place] as number;
        const { reason, message } = err;
        const first = [{ path: label.where, message, reason }];
        refusals.addAll({ count, reasons: new Map([[reason, count]]), first });
        return REFUSED;
      }
    });
    return part.labels.map((place) => (place < 0 ? -1 : (numbers[place] as number)));
  });
  return { labels, refusals };
}
