/** The nodes of a graph or function: by their names, and those that tensors depend on. Pure. */
import { nodeNameOf } from '../graphs/index.js';
import type { GraphProblems } from './graph-problems.js';
import type { Node } from './saved-model-messages.js';

/** @param taken - names that a node may not have, in addition. */
export function nodesByName(
  nodes: readonly Node[],
  place: string,
  problems: GraphProblems,
  taken: readonly string[] = [],
): Map<string, Node> {
  const names = new Set(taken);
  if (names.size < taken.length) problems.add('has two arguments of one name', '', place);
  for (const { name = '', attributes } of nodes) {
    if (names.has(name)) problems.add('has two nodes', name, place);
    names.add(name);
    if (new Set(attributes.map(({ key }) => key)).size < attributes.length) {
      problems.add('has an attribute twice at node', name, place);
    }
  }
  return new Map(nodes.map((node) => [node.name ?? '', node]));
}

/** Names of these tensors' nodes, and of the nodes that those depend on. */
export function reached(
  nodes: ReadonlyMap<string, Node>,
  tensors: readonly string[],
  problems: GraphProblems,
): Set<string> {
  const names = new Set<string>();
  const open = tensors.map(nodeNameOf);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    const node = nodes.get(name);
    if (node === undefined) {
      problems.add('needs a node that it does not have:', name);
      continue;
    }
    names.add(name);
    for (const input of node.inputs) open.push(nodeNameOf(input));
  }
  return names;
}

/** The nodes of these names; all of them are there. */
export function only(nodes: ReadonlyMap<string, Node>, names: Iterable<string>): Map<string, Node> {
  return new Map([...names].flatMap((name) => [[name, nodes.get(name) as Node] as const]));
}
