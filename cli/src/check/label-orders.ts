/** Possible orders of the set's classes in a model's output, and how often the model is right under each. Pure. */
import { bestAssignment } from '@lyceum/learning/arrays';
import { guessedShare } from '@lyceum/learning/ensemble';

/** [model's class, label, samples]. */
export type Counts = readonly (readonly [number, number, number])[];

export interface LabelOrder {
  /** Words for the end of "right if labels are …". */
  readonly name: string;
  /** For the settings, in the order of the model's output; undefined: the set's own order. */
  readonly classes: readonly string[] | undefined;
}

export interface JudgedOrder extends LabelOrder {
  readonly accuracy: number;
  /** Number of samples that the accuracy is over. */
  readonly sampleCount: number;
  /** Share of the samples' most frequent class: the accuracy of a model that always names this class. */
  readonly frequentShare: number;
  /** Mean accuracy of this order if the answers had nothing to do with the labels. */
  readonly guessedShare: number;
}

/** With more classes an assignment takes seconds, and is hardly supported by the samples. */
const MAX_ASSIGNED = 512;

/**
 * The answers to samples of known classes, as if the set had no others.
 *
 * @param known - some of `classNames`, or all.
 */
export function countsAmong(
  counts: Counts,
  classNames: readonly string[],
  known: readonly string[],
): Counts {
  const places = new Map(known.map((name, place) => [name, place]));
  return counts.flatMap(([model, label, count]) => {
    const place = places.get(classNames[label] ?? '');
    return place === undefined ? [] : [[model, place, count] as const];
  });
}

/**
 * @param classNames - classes that the model may know, in the set's order.
 * @param own - the classes that the settings name.
 * @param isPartial - whether the set has other classes too: then even the set's own order must be named.
 * @returns distinct orders; none if the model's classes are not known.
 */
export function labelOrders(
  classNames: readonly string[],
  modelClassCount: number,
  own: readonly string[] | undefined,
  isPartial = false,
): LabelOrder[] {
  const orders: LabelOrder[] = [];
  if (own?.length === modelClassCount) orders.push({ name: 'as the settings say', classes: own });
  if (modelClassCount === classNames.length) {
    orders.push({ name: "in the set's order", classes: isPartial ? classNames : undefined });
    orders.push({ name: 'sorted as strings', classes: [...classNames].sort() });
    if (classNames.every((name) => name.trim() !== '' && Number.isFinite(Number(name)))) {
      const classes = [...classNames].sort((a, b) => Number(a) - Number(b));
      orders.push({ name: 'sorted as numbers', classes });
    }
  }
  const seen = new Set<string>();
  return orders.filter(({ classes = classNames }) => {
    const key = JSON.stringify(classes);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** The best first; equal ones in their given order. */
export function judgedOrders(
  orders: readonly LabelOrder[],
  classNames: readonly string[],
  counts: Counts,
): JudgedOrder[] {
  const judged = orders.map((order) => ({
    ...order,
    ...accuracyOf(order, classNames, counts),
  }));
  return judged.sort((a, b) => b.accuracy - a.accuracy);
}

function accuracyOf(
  { classes }: LabelOrder,
  classNames: readonly string[],
  counts: Counts,
): Pick<JudgedOrder, 'accuracy' | 'sampleCount' | 'frequentShare' | 'guessedShare'> {
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const byLabel = new Map<number, number>();
  const byAnswer = new Map<number, number>();
  let [right, all] = [0, 0];
  for (const [model, label, count] of counts) {
    const said = classes === undefined ? model : labels.get(classes[model] ?? '');
    if (said === label) right += count;
    byLabel.set(label, (byLabel.get(label) ?? 0) + count);
    byAnswer.set(model, (byAnswer.get(model) ?? 0) + count);
    all += count;
  }
  return {
    accuracy: right / all,
    sampleCount: all,
    frequentShare: Math.max(...byLabel.values()) / all,
    guessedShare: guessedShare(byAnswer.values(), byLabel.values()),
  };
}

/**
 * The one-to-one order of classes under which the model is right most often.
 *
 * @returns undefined if there are too many classes, or if the model has fewer than the set: many choices would then
 *   fit its answers equally well.
 */
export function mappedOrder(
  classNames: readonly string[],
  modelClassCount: number,
  counts: Counts,
): JudgedOrder | undefined {
  const n = Math.max(classNames.length, modelClassCount);
  if (n > MAX_ASSIGNED || modelClassCount < classNames.length) return undefined;
  const worth = new Float64Array(n * n);
  for (const [model, label, count] of counts) worth[model * n + label] = count;
  const labelOf = bestAssignment(worth, n).subarray(0, modelClassCount);
  const classes = Array.from(labelOf, (label, model) => classNames[label] ?? `output-${model}`);
  const order = { name: 'in another order', classes };
  return { ...order, ...accuracyOf(order, classNames, counts) };
}
