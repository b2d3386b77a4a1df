/** SavedModels that compute x·W and also hold an attack: the parts of hostile rows. */
import {
  type Attributes,
  type Bytes,
  DT,
  flag,
  floatConstant,
  functionNamed,
  functionOf,
  graph,
  type MetaGraphParts,
  metaGraph,
  node,
  savedModel,
  shapeOf,
  shapes,
  text,
  textConstant,
  type,
  types,
  wholeConstant,
} from './graph-bytes.js';

const X = node('x', 'Placeholder', [], { dtype: type(DT.float), shape: shapeOf([-1, 2]) });
const WEIGHTS = floatConstant('W', [2, 3], [1, -2, 0.5, 3, 0, -1]);
export const FLOAT = { T: type(DT.float) };
const PRODUCT = node('product', 'MatMul', ['x', 'W'], FLOAT);

/** The harmless part. The nodes `after` must run before the answer; the node `plus` is added to the answer. */
export function answer({
  after = [],
  plus,
}: {
  after?: readonly string[];
  plus?: string;
} = {}): Bytes[] {
  const sum = plus === undefined ? [] : [node('sum', 'AddV2', ['product', plus], FLOAT)];
  const from = plus === undefined ? 'product' : 'sum';
  const waits = after.map((name) => `^${name}`);
  return [X, WEIGHTS, PRODUCT, ...sum, node('logits', 'Identity', [from, ...waits], FLOAT)];
}

interface Parts extends Omit<MetaGraphParts, 'graphs'> {
  readonly functions?: readonly Bytes[];
  readonly gradients?: readonly (readonly [string, string])[];
}

export function model(
  nodes: readonly Bytes[],
  { functions, gradients, ...parts }: Parts = {},
): Bytes {
  return savedModel(metaGraph({ ...parts, graphs: [graph(nodes, functions, gradients)] }));
}

/** An operation that runs before the answer. */
export function before(
  operation: string,
  inputs: readonly string[],
  attributes: Attributes,
  ...others: readonly Bytes[]
): Bytes {
  const attack = node('attack', operation, inputs, attributes);
  return model([...others, attack, ...answer({ after: ['attack'] })]);
}

/** An operation whose output is added to the answer. */
export function added(
  operation: string,
  inputs: readonly string[],
  attributes: Attributes,
  ...others: readonly Bytes[]
): Bytes {
  return model([
    ...others,
    node('attack', operation, inputs, attributes),
    ...answer({ plus: 'attack' }),
  ]);
}

/** The bytes of a file, as three floats. */
export function decoded(...nodes: readonly Bytes[]): Bytes {
  const part = [
    wholeConstant('from', DT.int32, [0]),
    wholeConstant('twelve', DT.int32, [12]),
    node('part', 'Substr', ['attack', 'from', 'twelve'], { T: type(DT.int32) }),
    node('decoded', 'DecodeRaw', ['part'], { out_type: type(DT.float), little_endian: flag(true) }),
  ];
  return model([...nodes, ...part, ...answer({ plus: 'decoded' })]);
}

/** @param words - the name by which the graph, or a function, refers to the text. */
export const printed = (target: string, words = 'words'): Bytes =>
  node('attack', 'PrintV2', [words], {
    output_stream: text(`file://${target}`),
    end: text('\n'),
  });
export const WORDS = textConstant('words', 'written by a model');

export function printing(name: string, target: string): Bytes {
  return functionOf(name, {
    nodes: [WORDS, printed(target, 'words:output:0')],
    attributes: { _noinline: flag(true) },
  });
}

export const call = (name: string, called: string): Bytes =>
  node(name, 'StatefulPartitionedCall', [], {
    Tin: types(),
    Tout: types(),
    f: functionNamed(called),
  });

export const oneShot = { output_types: types(DT.string), output_shapes: shapes([]) };
export const dataset = (...givers: readonly Bytes[]): Bytes =>
  decoded(
    ...givers,
    node('attack', 'DatasetToSingleElement', ['source'], {
      output_types: types(DT.string),
      output_shapes: shapes([]),
    }),
  );

export const NOTHING = textConstant('nothing', '');
export const PLAIN = textConstant('plain', '');
export const ZERO = wholeConstant('zero', DT.int64, [0]);

export const SAVED: Attributes = { dtypes: types(DT.float) };
