/**
 * The messages of a `saved_model.pb`, as far as inference needs them. Other parts are neither read nor written anew:
 * gradients, debug information, objects, the needs of saving and training. Assets are read, and not written.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/protobuf/meta_graph.proto
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/framework/function.proto
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/framework/attr_value.proto
 */
import {
  decodeMessage,
  encodeMessage,
  type FieldBudget,
  MessageTable,
  many,
  one,
} from '../../files/protobuf/index.js';

export interface Shape {
  readonly dimensions: readonly { readonly size?: bigint }[];
  readonly unknownRank?: bigint;
}

export interface NameAndAttributes {
  readonly name?: string;
  readonly attributes: readonly Entry<Attribute>[];
}

export interface Attribute {
  readonly list?: {
    readonly functions: readonly NameAndAttributes[];
    readonly tensors: readonly NonNullable<Attribute['tensor']>[];
  };
  readonly type?: bigint;
  readonly int?: bigint;
  readonly shape?: Shape;
  readonly tensor?: {
    readonly type?: bigint;
    readonly shape?: Shape;
    readonly texts?: readonly Uint8Array[];
    readonly content?: Uint8Array;
  };
  readonly function?: NameAndAttributes;
}

export interface Entry<Value> {
  readonly key?: string;
  readonly value?: Value;
}

export interface Node {
  readonly name?: string;
  readonly operation?: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly Entry<Attribute>[];
}

interface Argument {
  readonly name?: string;
  readonly numberAttribute?: string;
  readonly typeListAttribute?: string;
}

export interface FunctionDefinition {
  readonly signature?: {
    readonly name?: string;
    readonly inputs: readonly Argument[];
    readonly outputs: readonly Argument[];
  };
  readonly nodes: readonly Node[];
  readonly results: readonly Entry<string>[];
  readonly attributes: readonly Entry<Attribute>[];
  readonly argumentAttributes: readonly { readonly value?: NameAndAttributes }[];
}

interface Versions {
  readonly producer?: bigint;
  readonly minConsumer?: bigint;
}

export interface TensorInfo {
  /** The tensor, `NODE:OUTPUT`; absent: it is no plain tensor. */
  readonly name?: string;
  readonly type?: bigint;
  readonly shape?: Shape;
}

export interface Signature {
  readonly inputs: readonly Entry<TensorInfo>[];
  readonly outputs: readonly Entry<TensorInfo>[];
  readonly method?: string;
}

export interface MetaGraph {
  readonly info?: { readonly tags: readonly string[]; readonly version?: string };
  readonly graph?: {
    readonly nodes: readonly Node[];
    /** Functions, encoded: most belong to training and saving, and are never read. */
    readonly library?: { readonly functions: readonly Uint8Array[] };
    readonly versions?: Versions;
  };
  readonly saver?: { readonly fileName?: string; readonly restore?: string };
  readonly collections: readonly Entry<{
    readonly nodes?: { readonly names: readonly string[] };
  }>[];
  readonly signatures: readonly Entry<Signature>[];
  /** Which tensor is given the path of which file in `assets/` when the model is loaded. */
  readonly assets: readonly { readonly tensor?: TensorInfo; readonly fileName?: string }[];
}

/** The most nodes of a graph or a function; those of EfficientNet B0 have under 3,000 each. */
const MAX_NODES = 100_000;

type Fields = ConstructorParameters<typeof MessageTable>[0];

/** The table of a message that only one field has. */
function nested(fields: Fields): () => MessageTable {
  const table = new MessageTable(fields);
  return () => table;
}

/** The table of a map's entries. */
function map(kind: 'text' | (() => MessageTable)): () => MessageTable {
  return nested({ 1: one('key', 'text'), 2: one('value', kind) });
}

const SHAPE = new MessageTable({
  2: many('dimensions', nested({ 1: one('size', 'whole') })),
  3: one('unknownRank', 'whole'),
});

/** Tensors of numbers and texts only: one of resources or variants would name objects that the graph did not make. */
const TENSOR = new MessageTable({
  1: one('type', 'whole'),
  2: one('shape', () => SHAPE),
  4: one('content', 'bytes'),
  5: many('floats', 'fixed32'),
  6: many('doubles', 'fixed64'),
  7: many('ints', 'whole'),
  8: many('texts', 'bytes'),
  9: many('complexFloats', 'fixed32'),
  10: many('int64s', 'whole'),
  11: many('bools', 'whole'),
  12: many('complexDoubles', 'fixed64'),
  13: many('halves', 'whole'),
  16: many('uint32s', 'whole'),
  17: many('uint64s', 'whole'),
  18: one('float8s', 'bytes'),
});

const ATTRIBUTES = map(() => ATTRIBUTE);

const NAME_AND_ATTRIBUTES = new MessageTable({
  1: one('name', 'text'),
  2: many('attributes', ATTRIBUTES),
});

const ATTRIBUTE_LIST = new MessageTable({
  2: many('texts', 'bytes'),
  3: many('ints', 'whole'),
  4: many('floats', 'fixed32'),
  5: many('bools', 'whole'),
  6: many('types', 'whole'),
  7: many('shapes', () => SHAPE),
  8: many('tensors', () => TENSOR),
  9: many('functions', () => NAME_AND_ATTRIBUTES),
});

const ATTRIBUTE = new MessageTable({
  1: one('list', () => ATTRIBUTE_LIST, 'value'),
  2: one('text', 'bytes', 'value'),
  3: one('int', 'whole', 'value'),
  4: one('float', 'fixed32', 'value'),
  5: one('bool', 'whole', 'value'),
  6: one('type', 'whole', 'value'),
  7: one('shape', () => SHAPE, 'value'),
  8: one('tensor', () => TENSOR, 'value'),
  9: one('placeholder', 'text', 'value'),
  10: one('function', () => NAME_AND_ATTRIBUTES, 'value'),
});

const NODE = new MessageTable({
  1: one('name', 'text'),
  2: one('operation', 'text'),
  3: many('inputs', 'text'),
  4: one('device', 'text'),
  5: many('attributes', ATTRIBUTES),
});

const ARGUMENT = new MessageTable({
  1: one('name', 'text'),
  3: one('type', 'whole'),
  4: one('typeAttribute', 'text'),
  5: one('numberAttribute', 'text'),
  6: one('typeListAttribute', 'text'),
  7: many('handles', nested({ 1: one('type', 'whole'), 2: one('shape', () => SHAPE) })),
  16: one('isReference', 'whole'),
});

const ATTRIBUTE_DEFINITION = new MessageTable({
  1: one('name', 'text'),
  2: one('type', 'text'),
  3: one('default', () => ATTRIBUTE),
  5: one('hasMinimum', 'whole'),
  6: one('minimum', 'whole'),
  7: one('allowed', () => ATTRIBUTE),
});

const FUNCTION = new MessageTable({
  1: one(
    'signature',
    nested({
      1: one('name', 'text'),
      2: many('inputs', () => ARGUMENT),
      3: many('outputs', () => ARGUMENT),
      4: many('attributes', () => ATTRIBUTE_DEFINITION),
      17: one('isStateful', 'whole'),
      20: many('controlOutputs', 'text'),
    }),
  ),
  3: many('nodes', () => NODE, MAX_NODES),
  4: many('results', map('text')),
  5: many('attributes', ATTRIBUTES),
  6: many('controlResults', map('text')),
  7: many(
    'argumentAttributes',
    nested({
      1: one('index', 'whole'),
      2: one('value', nested({ 1: many('attributes', ATTRIBUTES) })),
    }),
  ),
  8: many('argumentIds', nested({ 1: one('index', 'whole'), 2: one('id', 'whole') })),
});

/** The name alone, of a function that has not been decoded yet. */
const FUNCTION_NAME = new MessageTable({
  1: one('signature', nested({ 1: one('name', 'text') })),
});

const TENSOR_INFO = new MessageTable({
  1: one('name', 'text', 'encoding'),
  2: one('type', 'whole'),
  3: one('shape', () => SHAPE),
  // Encodings of several tensors each, which are not used here.
  4: one('sparse', 'bytes', 'encoding'),
  5: one('composite', 'bytes', 'encoding'),
});

const META_GRAPH = new MessageTable({
  1: one('info', nested({ 4: many('tags', 'text'), 5: one('version', 'text') })),
  2: one(
    'graph',
    nested({
      1: many('nodes', () => NODE, MAX_NODES),
      2: one('library', nested({ 1: many('functions', 'bytes') })),
      4: one('versions', nested({ 1: one('producer', 'whole'), 2: one('minConsumer', 'whole') })),
    }),
  ),
  3: one(
    'saver',
    nested({
      1: one('fileName', 'text'),
      3: one('restore', 'text'),
      7: one('version', 'whole'),
    }),
  ),
  4: many('collections', map(nested({ 1: one('nodes', nested({ 1: many('names', 'text') })) }))),
  5: many(
    'signatures',
    map(
      nested({
        1: many(
          'inputs',
          map(() => TENSOR_INFO),
        ),
        2: many(
          'outputs',
          map(() => TENSOR_INFO),
        ),
        3: one('method', 'text'),
      }),
    ),
  ),
  6: many('assets', nested({ 1: one('tensor', () => TENSOR_INFO), 2: one('fileName', 'text') })),
});

/** A SavedModel with its graphs encoded, so that only one is decoded. */
const SAVED_MODEL = new MessageTable({
  1: one('schemaVersion', 'whole'),
  2: many('metaGraphs', 'bytes'),
});

const META_GRAPH_INFO = new MessageTable({
  1: one('info', nested({ 4: many('tags', 'text') })),
});

/** The most fields that a reader decodes for one graph. EfficientNet B0 has 170,000 without training and saving. */
export const MAX_FIELDS = 2 * 1024 ** 2;

/** The most graphs, together with other fields of the file. Exporters write one to three. */
const MAX_META_GRAPHS = 1000;

/** The most messages within messages; protobuf's own limit is 100. */
const MAX_DEPTH = 64;

/** Decodes the messages of one file; one limit holds for all of them together. */
export class SavedModelReader {
  readonly #budget: FieldBudget = { left: MAX_FIELDS, maxDepth: MAX_DEPTH };

  /** Fields that may still come. */
  get fieldsLeft(): number {
    return this.#budget.left;
  }

  metaGraphs(bytes: Uint8Array): readonly Uint8Array[] {
    const budget = { left: MAX_META_GRAPHS, maxDepth: MAX_DEPTH };
    const { metaGraphs } = decodeMessage(SAVED_MODEL, bytes, budget);
    return metaGraphs as Uint8Array[];
  }

  tags(metaGraph: Uint8Array): readonly string[] {
    const { info } = decodeMessage(
      META_GRAPH_INFO,
      metaGraph,
      this.#budget,
    ) as unknown as MetaGraph;
    return info?.tags ?? [];
  }

  metaGraph(bytes: Uint8Array): MetaGraph {
    return decodeMessage(META_GRAPH, bytes, this.#budget) as unknown as MetaGraph;
  }

  functionName(bytes: Uint8Array): string {
    const { signature } = decodeMessage(FUNCTION_NAME, bytes, this.#budget);
    return (signature as { name?: string } | undefined)?.name ?? '';
  }

  function(bytes: Uint8Array): FunctionDefinition {
    return decodeMessage(FUNCTION, bytes, this.#budget) as unknown as FunctionDefinition;
  }
}

const SCHEMA_VERSION = 1n;

export function functionBytes(definition: FunctionDefinition): Uint8Array {
  return encodeMessage(FUNCTION, definition);
}

/** @returns the contents of a `saved_model.pb` with that one graph. */
export function savedModelBytes(
  metaGraph: MetaGraph,
  functions: Iterable<FunctionDefinition>,
): Uint8Array {
  const encoded = [...functions].map(functionBytes);
  const graph = { ...metaGraph.graph, library: { functions: encoded } };
  const bytes = encodeMessage(META_GRAPH, { ...metaGraph, graph });
  return encodeMessage(SAVED_MODEL, { schemaVersion: SCHEMA_VERSION, metaGraphs: [bytes] });
}
