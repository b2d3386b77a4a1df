/**
 * Which lists of classes in a graph are those of its outputs. Classifiers within a classifier, as in an ensemble that votes or
 * stacks, have lists of their own: its classes by their numbers. Pure.
 */
import type { ClassLabels } from '../../models/index.js';
import type { GraphValue } from '../graphs/index.js';

interface Node {
  readonly inputs: readonly string[];
}

/**
 * What is nearest to an output counts, and what is behind it does not. Maps from classes to numbers are believed first, then
 * the output that says a class, then the others.
 *
 * @param givenBy - each value's node.
 * @param labelsOf - of nodes that hold a list.
 */
export function outputLabels<N extends Node>(
  outputs: readonly GraphValue[],
  givenBy: ReadonlyMap<string, N>,
  labelsOf: ReadonlyMap<N, ClassLabels>,
): readonly ClassLabels[] {
  const maps = outputs.filter(({ kind }) => kind !== 'tensor');
  const classes = outputs.filter(
    ({ kind, elementType }) => kind === 'tensor' && !elementType.startsWith('float'),
  );
  for (const some of [maps, classes, outputs]) {
    const found = nearest(some, givenBy, labelsOf);
    if (found.length > 0) return found;
  }
  return [...labelsOf.values()];
}

function nearest<N extends Node>(
  outputs: readonly GraphValue[],
  givenBy: ReadonlyMap<string, N>,
  labelsOf: ReadonlyMap<N, ClassLabels>,
): ClassLabels[] {
  const found: ClassLabels[] = [];
  const seen = new Set<N>();
  const open = outputs.map(({ name }) => name);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const node = givenBy.get(value);
    if (node === undefined || seen.has(node)) continue;
    seen.add(node);
    const labels = labelsOf.get(node);
    if (labels !== undefined) found.push(labels);
    else for (const input of node.inputs) open.push(input);
  }
  return found;
}
