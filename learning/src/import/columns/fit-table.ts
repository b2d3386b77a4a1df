/**
 * Fits the encoding of a table's rows in two passes over the train split: first the kind of each column, its mean and
 * its deviation; then the values of categories. Memory holds sums and a bounded number of values.
 */
import { LyceumError } from '@lyceum/proto';
import {
  type Cell,
  type ColumnEncoding,
  categoryOf,
  isCode,
  isDate,
  isDayNumber,
  isDecimalComma,
  isMarkedNumber,
  numberOf,
  type TableEncoding,
} from '../../datasets/encoding/index.js';
import { splitNamed, type TableColumn } from '../../datasets/index.js';
import type { ColumnKind } from '../samples/index.js';

/** The outcome for one column. */
export interface FittedColumn {
  readonly name: string;
  readonly kind: 'number' | 'category' | 'left out';
  /** What the column has become, in words. */
  readonly detail: string;
  /** What is probably wrong with the column, and what to do. */
  readonly doubt?: string;
}

/** A column with at least this share of numbers is a column of numbers; other cells in it are errors. */
const MOSTLY = 0.9;
/** A value that occurs once teaches nothing about later rows. */
const LEAST_COUNT = 2;
/** How many values of a column are kept at most: the most frequent ones. */
const MAX_VALUES = 256;
/** How many values of a column are counted at most: the first ones that occur. */
const MAX_COUNTED = 4096;
/** Longer texts are no categories. */
const VALUE_MAX_LENGTH = 256;

/**
 * Row numbers of the train split lie close together: train is seven tenths of the rows or less. Times also rise, but
 * in longer steps.
 */
const ROW_NUMBERS_MAX_SPREAD = 10;
/** Fewer rows may agree by chance. */
const TELLING_MIN_ROWS = 20;
/** A column with more values than this is no copy of the class; each value must occur a few times. */
const TELLING_MAX_VALUES = 64;
const TELLING_LEAST_COUNT = 4;

/**
 * Whether a column's value determines the class of every row: then it may be the class, or known only after the class
 * is.
 */
export class ClassTelling {
  readonly #classOf = new Map<string, number>();
  #rowCount = 0;
  #isMixed = false;

  /** @param label - −1: unlabelled. */
  add(cell: Cell, label: number): void {
    if (this.#isMixed || label < 0) return;
    const value = categoryOf(cell);
    const known = this.#classOf.get(value);
    this.#rowCount += 1;
    if (known === undefined) this.#classOf.set(value, label);
    this.#isMixed =
      (known !== undefined && known !== label) || this.#classOf.size > TELLING_MAX_VALUES;
    if (this.#isMixed) this.#classOf.clear();
  }

  get doubt(): string | undefined {
    const isTelling =
      !this.#isMixed &&
      this.#rowCount >= TELLING_MIN_ROWS &&
      this.#rowCount >= TELLING_LEAST_COUNT * this.#classOf.size &&
      new Set(this.#classOf.values()).size > 1;
    return isTelling
      ? `its ${this.#classOf.size} values tell the class of all ${this.#rowCount} labelled samples of train; if it is the class in other words, or known only after it: --columns NAME=ignore`
      : undefined;
  }
}

/** Facts about one column from the first pass. */
export class ColumnFacts {
  rowCount = 0;
  missingCount = 0;
  numberCount = 0;
  dateCount = 0;
  /** Texts that would be numbers with a decimal comma. */
  commaCount = 0;
  /** Texts that hold a number and a sign or unit beside it. */
  markedCount = 0;
  /** Numbers that may be dates: 20240131. */
  dayCount = 0;
  /** Whether each number is greater than the one before. */
  isRising = true;
  #last = Number.NEGATIVE_INFINITY;
  /** Texts that are names of splits. */
  splitCount = 0;
  /** The first number that is written like a code, with zeros in front: 01067. */
  code: string | undefined;
  wholeCount = 0;
  least = Number.POSITIVE_INFINITY;
  greatest = Number.NEGATIVE_INFINITY;
  mean = 0;
  /** Sum of squared distances from the mean. Welford 1962, https://doi.org/10.1080/00401706.1962.10490022 */
  #squares = 0;

  add(cell: Cell): void {
    this.rowCount += 1;
    const number = numberOf(cell);
    if (number === 'missing') this.missingCount += 1;
    else if (number !== undefined) {
      this.#addNumber(number);
      if (isCode(cell)) this.code ??= categoryOf(cell);
    } else if (isDate(cell)) this.dateCount += 1;
    else if (isDecimalComma(cell)) this.commaCount += 1;
    else if (isMarkedNumber(cell)) this.markedCount += 1;
    else if (splitNamed(categoryOf(cell)) !== undefined) this.splitCount += 1;
  }

  /** What is suspicious about a column that was guessed to be of categories. */
  get doubt(): string | undefined {
    const there = this.rowCount - this.missingCount;
    const others = there - this.numberCount;
    if (this.commaCount > 0 && this.commaCount >= MOSTLY * others) {
      return 'its values are numbers with a decimal comma, or one in thousands, and each is a category of its own; write 3,14 as 3.14 in the source, and 1,234 as 1234';
    }
    if (this.markedCount > 0 && this.commaCount + this.markedCount >= MOSTLY * others) {
      return 'its values are numbers with signs or units ($1,234.50, 12 %, 5 cm), and each is a category of its own; write the numbers alone in the source';
    }
    if (there > 0 && this.splitCount === there) {
      return 'its values are names of splits; --split column:NAME takes them as that, --columns NAME=ignore leaves them out';
    }
    if (this.numberCount > there / 2) {
      const share = Math.round((100 * this.numberCount) / there);
      return `${share} % of its values are numbers, and each is a category of its own; leave the other cells empty in the source, or say --columns NAME=category`;
    }
    return undefined;
  }

  /** What is suspicious about a column that was guessed to be of numbers. */
  get numberDoubt(): string | undefined {
    if (this.code !== undefined) {
      return `has ${this.code} and is taken for numbers; --columns NAME=category takes codes as they are, with their zeros`;
    }
    const isWhole = this.wholeCount === this.numberCount;
    if (isWhole && this.numberCount > 0 && this.dayCount >= MOSTLY * this.numberCount) {
      return `has days as whole numbers (${this.least}), in which a month ends with a leap; make days or months of them, or say --columns NAME=ignore`;
    }
    const isDense = this.greatest - this.least < ROW_NUMBERS_MAX_SPREAD * this.numberCount;
    if (isWhole && this.isRising && isDense && this.numberCount >= TELLING_MIN_ROWS) {
      return 'rises from row to row, as numbers of rows do; --id NAME if it is one, --columns NAME=number if models shall see it';
    }
    const farthest = Math.max(this.greatest, -this.least);
    if (this.wholeCount === this.numberCount && farthest > Number.MAX_SAFE_INTEGER) {
      return 'has whole numbers beyond 2^53, which lose digits; --id NAME or --columns NAME=ignore if they name the sample';
    }
    return undefined;
  }

  /** Standard deviation of the population; 1 if all numbers are equal. */
  get deviation(): number {
    return this.greatest > this.least ? Math.sqrt(this.#squares / this.numberCount) : 1;
  }

  #addNumber(number: number): void {
    this.numberCount += 1;
    if (Number.isInteger(number)) this.wholeCount += 1;
    if (isDayNumber(number)) this.dayCount += 1;
    this.isRising &&= number > this.#last;
    this.#last = number;
    this.least = Math.min(this.least, number);
    this.greatest = Math.max(this.greatest, number);
    const distance = number - this.mean;
    this.mean += distance / this.numberCount;
    this.#squares += distance * (number - this.mean);
  }
}

/**
 * The kind of each column: what the user says, else what its cells suggest.
 *
 * @param facts - one for each name.
 * @throws {LyceumError} INVALID_ARGUMENT naming columns of dates, or a column of numbers, as its user says, without
 *   any.
 */
export function columnKinds(
  names: readonly string[],
  facts: readonly ColumnFacts[],
  wanted: ReadonlyMap<string, ColumnKind>,
): ColumnKind[] {
  const guess = ({ rowCount, missingCount, numberCount }: ColumnFacts): ColumnKind =>
    numberCount >= MOSTLY * (rowCount - missingCount) ? 'number' : 'category';
  const dates = names.filter((name, index) => {
    const { rowCount, missingCount, dateCount } = facts[index] as ColumnFacts;
    return dateCount > 0 && dateCount >= MOSTLY * (rowCount - missingCount) && !wanted.has(name);
  });
  if (dates.length > 0) {
    const [first] = dates;
    const message = `columns of dates cannot be used as they are: ${dates.join(', ')}. Make numbers of them (days, hours, the month), or say --columns ${first}=ignore, or ${first}=category`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return names.map((name, index) => {
    const own = facts[index] as ColumnFacts;
    const kind = wanted.get(name) ?? guess(own);
    if (kind === 'number') requireNumbers(name, own);
    return kind;
  });
}

/** Matters only for columns that the user calls numbers: others are guessed from having numbers. */
function requireNumbers(name: string, facts: ColumnFacts): void {
  const { numberCount, missingCount, rowCount, commaCount } = facts;
  if (numberCount > 0 || missingCount === rowCount) return;
  const mend = commaCount > 0 ? 'write 3,14 as 3.14 in the source' : 'want =category or =ignore';
  const message = `--columns ${name}=number: no cell of it in train is a number; ${mend}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** Counts the values of one column of categories, in the second pass. */
export class ValueCounts {
  readonly #counts = new Map<string, number>();

  add(cell: Cell): void {
    const value = categoryOf(cell);
    const count = this.#counts.get(value) ?? 0;
    if (count === 0 && (this.#counts.size === MAX_COUNTED || value.length > VALUE_MAX_LENGTH)) {
      return;
    }
    this.#counts.set(value, count + 1);
  }

  /** The values that are kept, the most frequent ones, sorted as strings. */
  kept(): string[] {
    return [...this.#counts]
      .filter(([, count]) => count >= LEAST_COUNT)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, MAX_VALUES)
      .map(([value]) => value)
      .sort();
  }

  /** Share of the rows whose value is kept. */
  keptShare(rowCount: number): number {
    const kept = this.kept().reduce((sum, value) => sum + (this.#counts.get(value) ?? 0), 0);
    return rowCount === 0 ? 1 : kept / rowCount;
  }

  /** Whether all rows have one value. */
  isConstant(rowCount: number): boolean {
    const [first] = this.#counts.values();
    return first === rowCount;
  }
}

export interface FittedTable {
  readonly encoding: TableEncoding;
  readonly columns: readonly FittedColumn[];
  /** Columns whose cells teachers may read: all that the user does not leave out. */
  readonly kept: readonly TableColumn[];
}

/**
 * @param counts - counts of the columns of categories, by the column's name.
 * @param wanted - the kinds that the user says, by the column's name.
 * @param tellings - one for each of `names`.
 * @throws {LyceumError} INVALID_ARGUMENT if no column is left.
 */
export function fittedTable(
  names: readonly string[],
  facts: readonly ColumnFacts[],
  kinds: readonly ColumnKind[],
  counts: ReadonlyMap<string, ValueCounts>,
  wanted: ReadonlyMap<string, ColumnKind>,
  tellings: readonly ClassTelling[] = [],
): FittedTable {
  const fitted = names.map((name, index) => {
    const own = facts[index] as ColumnFacts;
    const values = counts.get(name);
    if (kinds[index] === 'ignore') return leftOut(name, 'as asked');
    const column =
      values === undefined ? numberColumn(name, own) : categoryColumn(name, own, values);
    if (wanted.has(name)) return column;
    const doubt = values === undefined ? own.numberDoubt : (own.doubt ?? rareDoubt(own, values));
    return withDoubt(column, tellings[index]?.doubt ?? doubt);
  });
  const columns = fitted.flatMap(({ encoding }) => encoding ?? []);
  if (columns.length === 0) {
    const reasons = fitted.map(({ column }) => `${column.name} (${column.detail})`).join(', ');
    const message = `no column can be used: ${reasons}; a column of texts is named with --text NAME`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return {
    encoding: { kind: 'table', version: 1, columns },
    columns: fitted.map(({ column }) => column),
    kept: names.flatMap((name, index) => {
      const kind = kinds[index];
      return kind === 'number' || kind === 'category' ? [{ name, kind }] : [];
    }),
  };
}

interface Fitted {
  readonly column: FittedColumn;
  readonly encoding?: ColumnEncoding;
}

function withDoubt({ column, ...rest }: Fitted, doubt: string | undefined): Fitted {
  return { column: { ...column, ...(doubt !== undefined && { doubt }) }, ...rest };
}

function leftOut(name: string, detail: string): Fitted {
  return { column: { name, kind: 'left out', detail } };
}

function numberColumn(name: string, facts: ColumnFacts): Fitted {
  const { mean, deviation, missingCount, numberCount, rowCount, least, greatest } = facts;
  if (numberCount === 0) return leftOut(name, 'empty in all of train');
  const missing = missingCount > 0;
  if (least === greatest && !missing) return leftOut(name, `${least} in all of train`);
  const some = missing ? `, missing in ${missingCount} of ${rowCount}` : '';
  const detail = `mean ${short(mean)}, deviation ${short(deviation)}${some}`;
  return {
    column: { name, kind: 'number', detail },
    encoding: { name, kind: 'number', mean, deviation, missing },
  };
}

/**
 * A warning about rare values. None if no value occurs twice: that column is left out, which is reported elsewhere.
 */
function rareDoubt({ rowCount }: ColumnFacts, counts: ValueCounts): string | undefined {
  const rare = Math.round(100 * (1 - counts.keptShare(rowCount)));
  if (rowCount < TELLING_MIN_ROWS || rare <= 50 || rare === 100) return undefined;
  return `${rare} % of its values come once in train, or are beyond the ${MAX_VALUES} most frequent, and look all alike to models; --text NAME if they are texts, --id NAME if they name the sample`;
}

function categoryColumn(name: string, { rowCount }: ColumnFacts, counts: ValueCounts): Fitted {
  const values = counts.kept();
  if (counts.isConstant(rowCount)) return leftOut(name, 'one value in all of train');
  if (values.length === 0) return leftOut(name, 'no value comes twice in train');
  return {
    column: { name, kind: 'category', detail: `${values.length} values, and all others as one` },
    encoding: { name, kind: 'category', values },
  };
}

function short(number: number): string {
  return String(Number(number.toPrecision(4)));
}
