/**
 * The part of a SavedModel's graph that inference needs: the nodes that the signature's outputs, the restoring of
 * variables and the filling of tables depend on, and the functions that these call. All else is left out, and every
 * operation of the part must be on the list of allowed ones. Pure.
 *
 * TensorFlow runs only what such a node depends on, so the rest is not missed.
 */
import { ALLOWED_OPERATIONS, nodeNameOf, RESTORING_OPERATION } from '../graphs/index.js';
import { FunctionWalk } from './function-walk.js';
import { nodesByName, only, reached } from './graph-nodes.js';
import { GraphProblems } from './graph-problems.js';
import type {
  Entry,
  FunctionDefinition,
  MetaGraph,
  Node,
  SavedModelReader,
  Signature,
} from './saved-model-messages.js';

export interface NeededGraph {
  /** The needed graph, with one signature, and that of the initialiser if there is one. */
  readonly metaGraph: MetaGraph;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  /** Names of the nodes that the outputs depend on. */
  readonly answering: ReadonlySet<string>;
}

/** The signature that fills tables when the model is loaded; it cannot be asked. */
export const INITIALISER_SIGNATURE = '__saved_model_init_op';

/**
 * Collections in which TensorFlow 1 names the operation to run when the model is loaded; the first one that is there
 * counts.
 */
const INITIALISER_COLLECTIONS = ['saved_model_main_op', 'legacy_init_op'];

/** Operations that the name of the variables' file may be fed to. */
const FED_OPERATIONS: ReadonlySet<string> = new Set([
  'Placeholder',
  'PlaceholderWithDefault',
  'Const',
]);

/**
 * @param signature - its name, one of the graph's.
 * @returns the reasons, if something in it cannot be run here.
 * @throws {Error} if a function is damaged.
 */
export function neededGraph(
  metaGraph: MetaGraph,
  signature: string,
  reader: SavedModelReader,
): NeededGraph | readonly string[] {
  const problems = new GraphProblems();
  const nodes = nodesByName(metaGraph.graph?.nodes ?? [], 'in the graph', problems);
  const walk = new FunctionWalk(libraryOf(metaGraph, reader, problems), reader, problems);
  const chosen = metaGraph.signatures.find(({ key }) => key === signature)?.value;
  const answers = reached(nodes, endsOf(chosen, problems), problems);
  const initialiser = initialiserOf(metaGraph);
  const filling =
    initialiser === undefined ? new Set<string>() : reached(nodes, [initialiser], problems);
  const fills = [...filling].some((name) => nodes.get(name)?.operation !== 'NoOp');
  walk.check(only(nodes, fills ? [...answers, ...filling] : answers), new Set());

  const { fileName = '', restore = '' } = metaGraph.saver ?? {};
  const fed = nodeNameOf(fileName);
  const restoring = restore === '' ? new Set<string>() : reached(nodes, [restore], problems);
  const isFed = FED_OPERATIONS.has(nodes.get(fed)?.operation ?? '');
  walk.check(only(nodes, restoring), new Set(isFed ? [fed] : []));
  if (isFed && restoring.size > 0) restoring.add(fed);

  const messages = problems.messages();
  if (messages.length > 0) return messages;
  const kept = new Set([...answers, ...(fills ? filling : []), ...restoring]);
  const { graph, saver, info } = metaGraph;
  return {
    metaGraph: {
      info: { tags: info?.tags ?? [], ...(info?.version && { version: info.version }) },
      graph: {
        ...graph,
        nodes: (graph?.nodes ?? []).filter(({ name = '' }) => kept.has(name)).map(uncolocated),
      },
      ...(restoring.size > 0 && saver !== undefined && { saver }),
      collections: [],
      assets: [],
      signatures: [
        { key: signature, ...(chosen !== undefined && { value: chosen }) },
        ...(fills && initialiser !== undefined ? [initialiserSignature(initialiser)] : []),
      ],
    },
    functions: walk.functions,
    answering: answers,
  };
}

function libraryOf(
  { graph }: MetaGraph,
  reader: SavedModelReader,
  problems: GraphProblems,
): Map<string, Uint8Array> {
  const library = new Map<string, Uint8Array>();
  for (const encoded of graph?.library?.functions ?? []) {
    const name = reader.functionName(encoded);
    if (library.has(name)) problems.add('has two functions', name);
    if (ALLOWED_OPERATIONS.has(name) || name === RESTORING_OPERATION) {
      problems.add('has a function with the name of an operation:', name);
    }
    library.set(name, encoded);
  }
  return library;
}

/** The tensors of a signature. */
function endsOf(signature: Signature | undefined, problems: GraphProblems): string[] {
  const { inputs = [], outputs = [] } = signature ?? {};
  for (const side of [inputs, outputs]) {
    if (new Set(side.map(({ key }) => key)).size < side.length) {
      problems.add('has a signature with two inputs or two outputs of one name', '');
    }
  }
  const tensors = [...inputs, ...outputs].flatMap(({ value }) => value?.name ?? []);
  // The library is given these names in one text, with commas between.
  for (const name of tensors.filter((name) => name.includes(','))) {
    problems.add('has a signature with a name that no tensor has:', name);
  }
  return tensors;
}

function initialiserOf({ signatures, collections }: MetaGraph): string | undefined {
  const signature = signatures.find(({ key }) => key === INITIALISER_SIGNATURE)?.value;
  const named = signature?.outputs.find(({ key }) => key === INITIALISER_SIGNATURE)?.value?.name;
  if (named !== undefined) return named;
  for (const wanted of INITIALISER_COLLECTIONS) {
    const found = collections.find(({ key }) => key === wanted)?.value?.nodes?.names;
    if (found !== undefined) return found[0];
  }
  return undefined;
}

function initialiserSignature(tensor: string): Entry<Signature> {
  const output = { key: INITIALISER_SIGNATURE, value: { name: tensor } };
  return { key: INITIALISER_SIGNATURE, value: { inputs: [], outputs: [output] } };
}

/**
 * The node without the attribute that places it beside others, which may have been left out. TensorFlow places it
 * itself.
 */
function uncolocated(node: Node): Node {
  return { ...node, attributes: node.attributes.filter(({ key }) => key !== '_class') };
}
