/**
 * Reads a `saved_model.pb` without TensorFlow: signatures, operations, sizes of the variables. Then writes the file
 * that is loaded instead: with one graph, made anew of what was read and checked, and of nothing else. So it does not
 * matter if TensorFlow would have understood the given file in another way.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/protobuf/saved_model.proto
 */
import { InvalidDocumentError, MODEL_MAX_BYTES, toLyceumError } from '@lyceum/proto';
import { bareName } from '../../files/index.js';
import {
  type GraphOutline,
  type GraphValue,
  type GraphWeights,
  nodeNameOf,
  PASSING_OPERATIONS,
  TENSORFLOW_TYPES,
} from '../graphs/index.js';
import { INITIALISER_SIGNATURE, type NeededGraph, neededGraph } from './needed-graph.js';
import {
  type Entry,
  type FunctionDefinition,
  type MetaGraph,
  type Node,
  SavedModelReader,
  type Shape,
  type Signature,
  savedModelBytes,
  type TensorInfo,
} from './saved-model-messages.js';
import { withVocabularies } from './vocabulary-files.js';

/** The only tag of the graph that inference takes. */
export const SERVE_TAG = 'serve';

const USUAL_SIGNATURE = 'serving_default';

export interface SavedModelOutline extends GraphOutline, GraphWeights {
  /** The tensor of each input or output, by its name: `serving_default_pixels:0`. */
  readonly tensorOf: ReadonlyMap<string, string>;
}

export interface CheckedSavedModel {
  readonly outline: SavedModelOutline;
  /** A `saved_model.pb` to load. Checking it again gives the same bytes. */
  readonly bytes: Uint8Array;
}

/**
 * @param files - the files of its folder, by their paths in it: tables may be filled from those in `assets/`.
 * @throws {InvalidDocumentError} if it is no SavedModel, has no graph or signature to ask, or if something in that
 * graph is not run here.
 */
export function checkSavedModel(
  bytes: Uint8Array,
  source: string,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): CheckedSavedModel {
  let checked: CheckedSavedModel | Refusal;
  try {
    checked = servedGraph(bytes, files);
  } catch (err) {
    const message = `is no SavedModel, or a damaged one (${toLyceumError(err).message})`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  if (!('refused' in checked)) return checked;
  const problems = checked.refused.map((message) => ({ path: 'graph', message }));
  throw new InvalidDocumentError(source, problems);
}

/** Reasons why the model is refused. */
interface Refusal {
  readonly refused: readonly string[];
}

function servedGraph(
  bytes: Uint8Array,
  files: ReadonlyMap<string, Uint8Array>,
): CheckedSavedModel | Refusal {
  const reader = new SavedModelReader();
  const graphs = reader.metaGraphs(bytes);
  const tags = graphs.map((graph) => reader.tags(graph));
  const served = graphs.filter((_, index) => isServed(tags[index] ?? []));
  const [graph] = served;
  if (graph === undefined || served.length > 1) {
    const listed = bareName(tags.map((own) => own.join('+') || 'nothing').join(', '));
    const found = served.length > 1 ? `has ${served.length} graphs` : 'has no graph';
    const message = `${found} tagged ${SERVE_TAG} and nothing else; want one. Its graphs are tagged ${listed || 'nothing'}`;
    return { refused: [message] };
  }
  return checkMetaGraph(withVocabularies(reader.metaGraph(graph), files, reader), reader);
}

/**
 * Whether a graph has no other tag than `serve`: TensorFlow takes the graph that has exactly the tags that it is asked
 * for.
 */
function isServed(tags: readonly string[]): boolean {
  return tags.length > 0 && tags.every((tag) => tag === SERVE_TAG);
}

function checkMetaGraph(whole: MetaGraph, reader: SavedModelReader): CheckedSavedModel | Refusal {
  const signature = signatureToAsk(whole);
  if (typeof signature === 'object') return signature;
  const needed = neededGraph(whole, signature, reader);
  if (isRefused(needed)) return { refused: needed };
  const { metaGraph, functions } = needed;
  const outline = outlineOf(needed, metaGraph.signatures[0]?.value);
  if (outline.weightBytes > MODEL_MAX_BYTES) {
    const message = `has variables of ${outline.weightBytes} bytes; at most ${MODEL_MAX_BYTES} are loaded`;
    return { refused: [message] };
  }
  return { outline, bytes: savedModelBytes(metaGraph, functions.values()) };
}

function isRefused(needed: NeededGraph | readonly string[]): needed is readonly string[] {
  return Array.isArray(needed);
}

/** The name of the signature to ask. */
function signatureToAsk({ signatures }: MetaGraph): string | Refusal {
  const names = signatures
    .map(({ key = '' }) => key)
    .filter((name) => name !== INITIALISER_SIGNATURE);
  if (new Set(names).size < names.length) return { refused: ['has two signatures of one name'] };
  if (names.includes(USUAL_SIGNATURE)) return USUAL_SIGNATURE;
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const message = `has no signature ${USUAL_SIGNATURE}; its signatures are ${bareName(names.join(', ')) || 'none'}`;
  return { refused: [message] };
}

/** The nodes of the graph itself, or of a function. */
interface Body {
  readonly nodes: ReadonlyMap<string, Node>;
  /** The function that a node calls. */
  readonly calledBy: ReadonlyMap<Node, string>;
  /** The tensor that a function's result of this place comes from. */
  readonly resultOf: (place: number) => string | undefined;
}

function outlineOf(
  { metaGraph, functions, answering }: NeededGraph,
  signature: Signature | undefined,
): SavedModelOutline {
  const main = bodyOf(metaGraph.graph?.nodes ?? [], () => undefined);
  const called = new Map([...functions].map(([name, own]) => [name, functionBody(own)]));
  const operationAt = operationsOf(main, called);
  const inputs = (signature?.inputs ?? []).map(readEnd);
  const outputs = (signature?.outputs ?? []).map(readEnd);
  const bodies = [main, ...called.values()];
  return {
    inputs: inputs.map(({ value }) => value),
    outputs: outputs.map(({ value }) => value),
    operations: new Set(
      bodies.flatMap(({ nodes }) => [...nodes.values()].map(({ operation = '' }) => operation)),
    ),
    operationOf: new Map(outputs.map(({ value, tensor }) => [value.name, operationAt(tensor)])),
    tensorOf: new Map([...inputs, ...outputs].map(({ value, tensor }) => [value.name, tensor])),
    ...variableSizes(main, answering),
  };
}

function bodyOf(nodes: readonly Node[], resultOf: Body['resultOf']): Body {
  const calledBy = new Map<Node, string>();
  for (const node of nodes) {
    const name = node.attributes.find(({ key }) => key === 'f')?.value?.function?.name;
    if (name !== undefined) calledBy.set(node, name);
  }
  return { nodes: new Map(nodes.map((node) => [node.name ?? '', node])), calledBy, resultOf };
}

function functionBody({ signature, nodes, results }: FunctionDefinition): Body {
  const names = (signature?.outputs ?? []).map(({ name = '' }) => name);
  const from = new Map(results.map(({ key = '', value = '' }) => [key, value]));
  return bodyOf(nodes, (place) => from.get(names[place] ?? ''));
}

function readEnd({ key = '', value }: Entry<TensorInfo>): { value: GraphValue; tensor: string } {
  const shape = value?.shape;
  return {
    value: {
      name: key,
      kind: value?.name === undefined ? 'other' : 'tensor',
      elementType: TENSORFLOW_TYPES.get(Number(value?.type ?? 0n))?.[1] ?? 'other',
      shape: shape === undefined ? [] : readShape(shape),
    },
    tensor: value?.name ?? '',
  };
}

/**
 * Finds the operation that gives a tensor of the graph. Calls of functions, and operations that change nothing, are
 * looked through, each once, however many outputs lie behind them.
 */
function operationsOf(
  main: Body,
  functions: ReadonlyMap<string, Body>,
): (reference: string) => string {
  const known = new Map<Body, Map<string, string>>();
  const knownIn = (body: Body) => {
    const own = known.get(body) ?? new Map<string, string>();
    known.set(body, own);
    return own;
  };
  return (reference) => {
    const way: (readonly [Map<string, string>, string])[] = [];
    let [body, at] = [main, reference];
    let operation: string | undefined;
    while (operation === undefined) {
      const own = knownIn(body);
      operation = own.get(at);
      if (operation !== undefined) break;
      // A reference that goes round in circles leads nowhere.
      own.set(at, '');
      way.push([own, at]);
      const node = body.nodes.get(nodeNameOf(at));
      const called = node && functions.get(body.calledBy.get(node) ?? '');
      const result = called?.resultOf(Number(at.split(':').at(-1)) || 0);
      const input = PASSING_OPERATIONS.has(node?.operation ?? '') ? node?.inputs[0] : undefined;
      if (called !== undefined && result !== undefined) [body, at] = [called, result];
      else if (input !== undefined) at = input;
      else operation = node?.operation ?? '';
    }
    for (const [own, passed] of way) own.set(passed, operation);
    return operation;
  };
}

/** Sizes of the graph's variables. Variables of training are loaded too, but are no parameters. */
function variableSizes({ nodes }: Body, answering: ReadonlySet<string>): GraphWeights {
  let [parameterCount, weightBytes] = [0, 0];
  for (const { name = '', operation, attributes } of nodes.values()) {
    if (operation !== 'VarHandleOp' && operation !== 'VariableV2') continue;
    const attribute = (wanted: string) => attributes.find(({ key }) => key === wanted)?.value;
    const shape = attribute('shape')?.shape;
    const sizes = shape === undefined ? [] : readShape(shape);
    const count = (sizes ?? []).reduce<number>((product, size) => product * (size ?? 0), 1);
    if (answering.has(name)) parameterCount += count;
    weightBytes += count * (TENSORFLOW_TYPES.get(Number(attribute('dtype')?.type ?? 0n))?.[2] ?? 4);
  }
  return { parameterCount, weightBytes };
}

function readShape({ dimensions, unknownRank }: Shape): (number | undefined)[] | undefined {
  if (unknownRank === 1n) return undefined;
  return dimensions.map(({ size = 0n }) => (size > 0n ? Number(size) : undefined));
}
