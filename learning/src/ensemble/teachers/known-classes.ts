/**
 * Teachers that know only some of a set's classes. Such a teacher says nothing of the other classes: it does not say
 * that they are improbable.
 *
 * Its answers have C columns like all others, but the columns of unknown classes mean nothing. Once
 * {@link withoutUnknown} has made these −∞, its softmax, its argmax and its entropy are over its own classes.
 *
 * Symbols: N rows, C classes.
 */
import type { Values } from '../../arrays/index.js';

/** The classes that a teacher knows, rising; undefined: all of the set's. */
export type KnownClasses = readonly number[] | undefined;

/** Whether each class is known, [C]: 1, or 0. */
export function classMask(known: KnownClasses, classCount: number): Uint8Array {
  const mask = new Uint8Array(classCount).fill(known === undefined ? 1 : 0);
  for (const c of known ?? []) mask[c] = 1;
  return mask;
}

/** Overwrites with −∞ what a teacher's logits [N, C] hold for classes that it does not know. */
export function withoutUnknown(logits: Values, classCount: number, known: KnownClasses): void {
  if (known === undefined) return;
  const mask = classMask(known, classCount);
  for (let i = 0; i < logits.length; i++) {
    if (mask[i % classCount] === 0) logits[i] = Number.NEGATIVE_INFINITY;
  }
}

/** The rows that a teacher can be asked about, as if its own classes were all classes. */
export interface AmongKnown {
  /** Numbers of these rows, rising. */
  readonly rows: Int32Array;
  /** Labels of these rows, in the teacher's own numbers; −1: none. */
  readonly labels: Int32Array;
  readonly classCount: number;
  /** Picks these rows and classes from values [N, C]. */
  readonly of: (values: Values) => Float64Array;
}

/**
 * The part of a split that suits a teacher: rows of classes that it knows, and rows without a label, in its own
 * classes.
 *
 * @param labels - [N]; −1: none.
 */
export function amongKnown(
  labels: Int32Array,
  classCount: number,
  known: readonly number[],
): AmongKnown {
  const own = new Map(known.map((c, place) => [c, place]));
  const rows = Int32Array.from(labels.keys()).filter((row) => {
    const label = labels[row] as number;
    return label < 0 || own.has(label);
  });
  return {
    rows,
    labels: rows.map((row) => own.get(labels[row] as number) ?? -1),
    classCount: known.length,
    of(values) {
      const out = new Float64Array(rows.length * known.length);
      for (const [at, row] of rows.entries()) {
        for (const [place, c] of known.entries()) {
          out[at * known.length + place] = values[row * classCount + c] as number;
        }
      }
      return out;
    },
  };
}
