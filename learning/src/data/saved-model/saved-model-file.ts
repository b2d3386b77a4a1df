/**
 * What a `saved_model.pb` says of itself, read without TensorFlow: signatures, operations, sizes of the variables.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/protobuf/saved_model.proto
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/protobuf/meta_graph.proto
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/framework/graph.proto
 */
import { InvalidDocumentError, toLyceumError } from '@lyceum/proto';
import type { GraphOutline, GraphValue, GraphWeights } from '../graphs/graph-outline.js';
import { eachField, field, fields, numbers, text } from '../graphs/protobuf-fields.js';
import { nodeNameOf, PASSING_OPERATIONS, TENSORFLOW_TYPES } from '../graphs/tensorflow-format.js';

/** Of the graph that inference takes, its tag. */
export const SERVE_TAG = 'serve';

const USUAL_SIGNATURE = 'serving_default';

/** Restores variables, and is no model. */
const INITIALISER_SIGNATURE = '__saved_model_init_op';

export interface SavedModelOutline extends GraphOutline, GraphWeights {
  /** From an input's or output's name to its tensor, `serving_default_pixels:0`. */
  readonly tensorOf: ReadonlyMap<string, string>;
}

/** @throws {InvalidDocumentError} if it is no SavedModel, or has no graph or signature to ask. */
export function readSavedModel(bytes: Uint8Array, source: string): SavedModelOutline {
  const refused = (message: string) => new InvalidDocumentError(source, [{ path: '', message }]);
  let outline: SavedModelOutline | string;
  try {
    outline = servedGraph(fields(bytes, SAVED_MODEL.metaGraphs));
  } catch (err) {
    throw refused(`is no SavedModel, or a damaged one (${toLyceumError(err).message})`);
  }
  if (typeof outline === 'string') throw refused(outline);
  return outline;
}

const SAVED_MODEL = { metaGraphs: 2 };
const META_GRAPH = { info: 1, graph: 2, signatures: 5 };
const INFO = { tags: 4 };
const SIGNATURE = { inputs: 1, outputs: 2 };
const TENSOR_INFO = { name: 1, type: 2, shape: 3 };
const SHAPE = { dimension: 2, unknownRank: 3 };
const GRAPH = { node: 1, library: 2 };
const LIBRARY = { function: 1 };
const FUNCTION = { signature: 1, node: 3, results: 4 };
const OPERATION = { name: 1, outputs: 3 };
const NODE = { name: 1, operation: 2, input: 3, attributes: 5 };
const ATTRIBUTE = { type: 6, shape: 7, function: 10 };

function tagsOf(metaGraph: Uint8Array): string[] {
  const info = field(metaGraph, META_GRAPH.info);
  return info === undefined ? [] : fields(info, INFO.tags).map(text);
}

/** @returns why not, if no graph can be asked. */
function servedGraph(metaGraphs: readonly Uint8Array[]): SavedModelOutline | string {
  const graph = metaGraphs.find((one) => tagsOf(one).includes(SERVE_TAG));
  if (graph !== undefined) return readMetaGraph(graph);
  const tags = metaGraphs.map((one) => tagsOf(one).join('+')).join(', ');
  return `has no graph tagged ${SERVE_TAG}; its graphs are tagged ${tags || 'nothing'}`;
}

/** @returns why not, if it has no signature that can be asked. */
function readMetaGraph(metaGraph: Uint8Array): SavedModelOutline | string {
  const signatures = new Map(entries(metaGraph, META_GRAPH.signatures));
  signatures.delete(INITIALISER_SIGNATURE);
  const only = signatures.size === 1 ? [...signatures.values()][0] : undefined;
  const signature = signatures.get(USUAL_SIGNATURE) ?? only;
  if (signature === undefined) {
    const names = [...signatures.keys()].join(', ') || 'none';
    return `has no signature ${USUAL_SIGNATURE}; its signatures are ${names}`;
  }
  const graph = field(metaGraph, META_GRAPH.graph) ?? new Uint8Array();
  const functions = readFunctions(graph);
  const main: Body = { nodes: nodesOf(graph, GRAPH.node), resultOf: () => undefined };
  const inputs = entries(signature, SIGNATURE.inputs).map(readEnd);
  const outputs = entries(signature, SIGNATURE.outputs).map(readEnd);
  const bodies = [main, ...functions.values()];
  return {
    inputs: inputs.map(({ value }) => value),
    outputs: outputs.map(({ value }) => value),
    operations: new Set(
      bodies.flatMap(({ nodes }) => [...nodes.values()].map(({ operation }) => operation)),
    ),
    operationOf: new Map(
      outputs.map(({ value, tensor }) => [value.name, operationAt(tensor, main, functions)]),
    ),
    tensorOf: new Map([...inputs, ...outputs].map(({ value, tensor }) => [value.name, tensor])),
    ...variableSizes(main),
  };
}

function readEnd([name, info]: [string, Uint8Array]): { value: GraphValue; tensor: string } {
  const type = enumOf(info, TENSOR_INFO.type);
  const shape = field(info, TENSOR_INFO.shape);
  const value: GraphValue = {
    name,
    kind: 'tensor',
    elementType: TENSORFLOW_TYPES.get(type)?.[1] ?? 'other',
    shape: shape === undefined ? [] : readShape(shape),
  };
  return { value, tensor: text(field(info, TENSOR_INFO.name)) };
}

interface Node {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

/** The graph itself, or a function's. */
interface Body {
  readonly nodes: ReadonlyMap<string, Node>;
  /** Of a function's result by its place, where it comes from. */
  readonly resultOf: (place: number) => string | undefined;
}

function nodesOf(message: Uint8Array, number: number): Map<string, Node> {
  return new Map(
    fields(message, number).map((node) => [
      text(field(node, NODE.name)),
      {
        operation: text(field(node, NODE.operation)),
        inputs: fields(node, NODE.input).map(text),
        attributes: new Map(entries(node, NODE.attributes)),
      },
    ]),
  );
}

function readFunctions(graph: Uint8Array): Map<string, Body> {
  const library = field(graph, GRAPH.library);
  if (library === undefined) return new Map();
  return new Map(
    fields(library, LIBRARY.function).map((definition) => {
      const signature = field(definition, FUNCTION.signature) ?? new Uint8Array();
      const names = fields(signature, OPERATION.outputs).map((output) =>
        text(field(output, OPERATION.name)),
      );
      const results = new Map(
        entries(definition, FUNCTION.results).map(([name, from]) => [name, text(from)]),
      );
      const body: Body = {
        nodes: nodesOf(definition, FUNCTION.node),
        resultOf: (place) => results.get(names[place] ?? ''),
      };
      return [text(field(signature, OPERATION.name)), body];
    }),
  );
}

/** Looks through calls of functions and what changes nothing. Functions do not call themselves. */
function operationAt(
  reference: string,
  body: Body,
  functions: ReadonlyMap<string, Body>,
  depth = 0,
): string {
  const node = body.nodes.get(nodeNameOf(reference));
  if (node === undefined || depth > MAX_DEPTH) return '';
  const called = calledFunction(node, functions);
  const next = called?.resultOf(Number(reference.split(':').at(-1)) || 0);
  if (called !== undefined && next !== undefined) {
    return operationAt(next, called, functions, depth + 1);
  }
  const [input] = node.inputs;
  if (PASSING_OPERATIONS.has(node.operation) && input !== undefined) {
    return operationAt(input, body, functions, depth + 1);
  }
  return node.operation;
}

/** A damaged file may go round in circles. */
const MAX_DEPTH = 1000;

function calledFunction(
  { attributes }: Node,
  functions: ReadonlyMap<string, Body>,
): Body | undefined {
  const attribute = attributes.get('f');
  const called = attribute && field(attribute, ATTRIBUTE.function);
  return called && functions.get(text(field(called, 1)));
}

/** Of the graph's variables. */
function variableSizes({ nodes }: Body): GraphWeights {
  let [parameterCount, weightBytes] = [0, 0];
  for (const { operation, attributes } of nodes.values()) {
    if (operation !== 'VarHandleOp' && operation !== 'VariableV2') continue;
    const shape = field(attributes.get('shape') ?? new Uint8Array(), ATTRIBUTE.shape);
    const sizes = shape === undefined ? [] : readShape(shape);
    const count = (sizes ?? []).reduce<number>((product, size) => product * (size ?? 0), 1);
    const type = enumOf(attributes.get('dtype') ?? new Uint8Array(), ATTRIBUTE.type);
    parameterCount += count;
    weightBytes += count * (TENSORFLOW_TYPES.get(type)?.[2] ?? 4);
  }
  return { parameterCount, weightBytes };
}

function readShape(shape: Uint8Array): (number | undefined)[] | undefined {
  if (enumOf(shape, SHAPE.unknownRank) === 1) return undefined;
  return fields(shape, SHAPE.dimension).map((dimension) => {
    const size = enumOf(dimension, 1);
    return size > 0 ? size : undefined;
  });
}

/** The last whole number of that field; 0 if there is none. */
function enumOf(message: Uint8Array, wanted: number): number {
  let found = 0;
  eachField(message, (number, reader, wireType) => {
    if (number === wanted) found = numbers(reader, wireType)[0] ?? 0;
    else reader.skip(wireType);
  });
  return found;
}

/** A map's entries. */
function entries(message: Uint8Array, number: number): [string, Uint8Array][] {
  return fields(message, number).map((entry) => [
    text(field(entry, 1)),
    field(entry, 2) ?? new Uint8Array(),
  ]);
}
