/** From names of classes to their numbers, as names are read one by one. */
import { LyceumError } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { type DatasetSamples, MAX_CLASSES } from '../../datasets/index.js';
import { nameProblem, shownName } from '../../files/index.js';

export interface OrderedClasses {
  readonly classNames: readonly string[];
  /** The order of classes in words, for people. */
  readonly order: string;
  /** Entry n is the final number of the class to which {@link ClassNumbers.numberOf} gave n. */
  readonly finalNumbers: readonly number[];
}

/** All classes that are allowed, in their order. */
export interface KnownClasses {
  readonly names: readonly string[];
  /** The order of classes in words, for people. */
  readonly order: string;
}

export class ClassNumbers {
  readonly #given: KnownClasses | undefined;
  readonly #areValues: boolean;
  readonly #numbers: Map<string, number>;

  /**
   * @param given - undefined: the classes that occur, sorted.
   * @param areValues - whether classes are values of a column: if all are numbers, they are sorted by value.
   */
  constructor(given: KnownClasses | undefined, areValues = false) {
    this.#given = given;
    this.#areValues = areValues;
    this.#numbers = new Map(given?.names.map((name, number) => [name, number]));
  }

  /**
   * @returns a provisional number; −1 for undefined: unlabelled.
   * @throws {SampleRefusedError} if the name is none of the given names, or cannot be a name.
   * @throws {LyceumError} INVALID_ARGUMENT if there are too many names.
   */
  numberOf(name: string | undefined): number {
    if (name === undefined) return -1;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const problem = nameProblem(name);
    if (problem !== undefined) {
      throw new SampleRefusedError('no name of a class', `label ${shownName(name)} ${problem}`);
    }
    if (this.#given !== undefined) {
      const message = `has label ${shownName(name)}, which is not among the given classes`;
      throw new SampleRefusedError('unknown class', message);
    }
    if (this.#numbers.size === MAX_CLASSES) {
      const message = `there are more than ${MAX_CLASSES} classes, with ${shownName(name)}; is this the column of labels?`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  /** The name to which {@link numberOf} gave this number. */
  nameOf(number: number): string {
    return [...this.#numbers.keys()][number] ?? '';
  }

  ordered(): OrderedClasses {
    const names = [...this.#numbers.keys()];
    if (this.#given !== undefined) {
      return { classNames: names, order: this.#given.order, finalNumbers: [...names.keys()] };
    }
    const areNumbers = this.#areValues && names.length > 0 && names.every(isNumeral);
    const classNames = areNumbers
      ? [...names].sort().sort((a, b) => Number(a) - Number(b))
      : [...names].sort();
    const order = areNumbers
      ? 'sorted as numbers'
      : `sorted as strings${numeralWarning(classNames)}`;
    const final = new Map(classNames.map((name, number) => [name, number]));
    const finalNumbers = names.map((name) => final.get(name) as number);
    return { classNames, order, finalNumbers };
  }
}

/** Labels with final numbers in place of the provisional ones of {@link ClassNumbers.numberOf}. */
export function finalLabels(
  labels: Int32Array,
  { finalNumbers }: OrderedClasses,
): Int32Array<ArrayBuffer> {
  return Int32Array.from(labels, (label) => (label < 0 ? -1 : (finalNumbers[label] as number)));
}

/** Whether a name is a decimal number in its usual form: no sign but a minus, no zeros in front, no exponent. */
function isNumeral(name: string): boolean {
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(name);
}

/** Warns of numerals that are sorted as strings: class "2" may get another number than 2. */
function numeralWarning(sorted: readonly string[]): string {
  const numerals = sorted.filter((name) => /^\d{1,15}$/.test(name));
  const index = numerals.findIndex((name, i) => i > 0 && Number(name) < Number(numerals[i - 1]));
  if (index < 0) return '';
  return ` ("${numerals[index - 1]}" before "${numerals[index]}"; --classes gives another order)`;
}

/**
 * Classes of labels that are numbers: as many as the greatest label says. A label that no set may have is refused
 * later, with the set's other problems; no memory is taken for it before.
 *
 * @param given - names of all classes, in their order; undefined: the names are the numbers.
 */
export function numberedClasses(
  labels: Int32Array,
  given?: KnownClasses,
): Pick<DatasetSamples, 'classCount' | 'classNames'> {
  if (given !== undefined) return { classCount: given.names.length, classNames: given.names };
  const greatest = labels.reduce((most, label) => Math.max(most, label), 0);
  const classCount = Math.min(Math.max(2, greatest + 1), MAX_CLASSES);
  return { classCount, classNames: Array.from({ length: classCount }, (_, n) => String(n)) };
}
