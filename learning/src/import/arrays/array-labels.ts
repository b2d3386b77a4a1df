/** Labels of arrays: numbers of classes, or names. Either all arrays of a set have numbers, or all have names. */
import { LyceumError } from '@lyceum/proto';
import { ClassNumbers, finalLabels, type KnownClasses, numberedClasses } from '../samples/index.js';
import { AS_IN_SOURCE } from './imported-arrays.js';

export interface ArrayClasses {
  readonly classCount: number;
  readonly classNames: readonly string[];
  /** The order of classes in words, for people. */
  readonly classOrder: string;
  /** [N] */
  readonly labels: Int32Array;
}

export class ArrayLabels {
  readonly #given: KnownClasses | undefined;
  readonly #names: ClassNumbers;
  #kind: 'numbers' | 'names' | undefined;

  /** @param given - all classes; undefined: the classes that occur. */
  constructor(given: KnownClasses | undefined) {
    this.#given = given;
    this.#names = new ClassNumbers(given);
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if another array has names. */
  fromNumbers(labels: Int32Array): Int32Array {
    this.#require('numbers');
    return labels;
  }

  /**
   * @param names - one a sample; empty: unlabelled.
   * @returns provisional numbers; {@link ArrayLabels.classes} replaces them by the final ones.
   * @throws {LyceumError} INVALID_ARGUMENT naming the entry that is no class, or if another array has numbers.
   */
  fromNames(names: Iterable<string>): Int32Array {
    this.#require('names');
    return Int32Array.from(names, (name) => this.#names.numberOf(name === '' ? undefined : name));
  }

  /** @param labels - of all arrays, as `fromNumbers` and `fromNames` returned them. */
  classes(labels: Int32Array): ArrayClasses {
    if (this.#kind === 'names') {
      const ordered = this.#names.ordered();
      const { classNames, order: classOrder } = ordered;
      const final = finalLabels(labels, ordered);
      return { classCount: classNames.length, classNames, classOrder, labels: final };
    }
    const classOrder = this.#given?.order ?? AS_IN_SOURCE;
    return { ...numberedClasses(labels, this.#given), classOrder, labels };
  }

  #require(kind: 'numbers' | 'names'): void {
    if (this.#kind !== undefined && this.#kind !== kind) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `has ${kind} of classes, and another array ${this.#kind}`,
      );
    }
    this.#kind = kind;
  }
}
