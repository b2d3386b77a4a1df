/**
 * Which lists of classes in a graph name the classes of its outputs. In an ensemble that votes or stacks, the inner
 * classifiers have lists of their own, which hold the outer classes' numbers. Pure.
 */
import type { ClassLabels } from '../../models/index.js';
import type { GraphValue } from '../graphs/index.js';

interface Node {
  readonly inputs: readonly string[];
}

/**
 * The classes of the outputs. The list that is nearest to an output counts, and lists behind that one do not. Outputs
 * that are maps from classes to numbers are believed first, then the output that says a class, then the others.
 *
 * @param givenBy - each value's node.
 * @param labelsOf - the lists, by the nodes that hold them.
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
