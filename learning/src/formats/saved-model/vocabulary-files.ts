/**
 * Tables that are filled from a file of the model's own, `assets/vocab.txt`, as layers with a vocabulary have them. The
 * file's lines become constants of the graph, so that no file is read when the model is loaded. A table that is filled
 * in a less plain way is left as it is, and refused with all else that reads files. Pure.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/ops/lookup_ops.cc
 */
import { nodeNameOf } from '../graphs/index.js';
import {
  type Attribute,
  type FunctionDefinition,
  functionBytes,
  type MetaGraph,
  type Node,
  type SavedModelReader,
} from './saved-model-messages.js';

/** The operation that fills a table from a file; the file's name is its second input. */
const FROM_FILE = 'InitializeTableFromTextFileV2';

/** What a table takes of a line, in `key_index` and `value_index`. */
const [WHOLE_LINE, LINE_NUMBER] = [-2n, -1n];

/** Types' numbers in `DataType`. */
const [DT_STRING, DT_INT64] = [7n, 9n];

/**
 * The most lines of all tables; the largest published vocabularies have a million. Each line is a field of the file
 * that is written, as often as a table is filled with it.
 */
const MAX_LINES = 2 ** 20;

/**
 * @param files - the files of the SavedModel's folder, by their paths in it.
 * @returns `metaGraph` itself if no table is filled so.
 * @throws {Error} if a function is damaged.
 */
export function withVocabularies(
  metaGraph: MetaGraph,
  files: ReadonlyMap<string, Uint8Array>,
  reader: SavedModelReader,
): MetaGraph {
  const lines = linesOf(metaGraph, files);
  const { graph } = metaGraph;
  if (lines.size === 0 || graph === undefined) return metaGraph;
  const fileOf = fileOfTensor(graph.nodes, lines);
  const callOf = onlyCalls(graph.nodes);
  let left = MAX_LINES;
  const within = (own: Lines | undefined): Lines | undefined => {
    if (own === undefined || own.length > left) return undefined;
    left -= own.length;
    return own;
  };
  const nodes = graph.nodes.flatMap((node) => {
    // The path is not given any more.
    if (lines.has(node.name ?? '')) return [constant(node.name, DT_STRING, [], NO_TEXT)];
    if (node.operation !== FROM_FILE) return [node];
    return filled(node, within(fileOf(node.inputs[1] ?? '')), '');
  });
  const functions = (graph.library?.functions ?? []).map((encoded) => {
    if (!Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length).includes(FROM_FILE)) {
      return encoded;
    }
    const definition = reader.function(encoded);
    const argumentFile = fileOfArgument(definition, callOf, fileOf);
    const body = definition.nodes.flatMap((node) =>
      node.operation === FROM_FILE
        ? filled(node, within(argumentFile(node.inputs[1] ?? '')), ':output:0')
        : [node],
    );
    return functionBytes({ ...definition, nodes: body });
  });
  return { ...metaGraph, graph: { ...graph, nodes, library: { functions } } };
}

type Lines = readonly Uint8Array[];

const [LINE_END, RETURN] = [0x0a, 0x0d];

/** The lines of each file, by the node that is given the file's path when the model is loaded. */
function linesOf(
  { assets }: MetaGraph,
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Lines> {
  const lines = new Map<string, Lines>();
  // Each file is read once, however many nodes are given its path.
  const read = new Map<string, Lines | undefined>();
  let left = MAX_LINES;
  for (const { tensor, fileName = '' } of assets) {
    if (!read.has(fileName)) {
      const bytes = files.get(`assets/${fileName}`);
      const found = bytes === undefined ? undefined : linesIn(bytes, left);
      left -= found?.length ?? 0;
      read.set(fileName, found);
    }
    const own = read.get(fileName);
    if (own !== undefined) lines.set(nodeNameOf(tensor?.name ?? ''), own);
  }
  return lines;
}

/**
 * The lines of a file as TensorFlow reads them, without carriage returns.
 *
 * @returns undefined if one is empty, or there are more than `atMost`.
 */
function linesIn(bytes: Uint8Array, atMost: number): Lines | undefined {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LINE_END, start);
    const line = bytes
      .subarray(start, end < 0 ? bytes.length : end)
      .filter((byte) => byte !== RETURN);
    if (line.length === 0 || lines.length === atMost) return undefined;
    lines.push(line);
    if (end < 0) break;
    start = end + 1;
  }
  return lines;
}

/**
 * Finds the lines of the file that a tensor of the graph names, if it can name no other: given as it is, or kept in a
 * variable that is set once.
 */
function fileOfTensor(
  nodes: readonly Node[],
  lines: ReadonlyMap<string, Lines>,
): (reference: string) => Lines | undefined {
  const byName = new Map(nodes.map((node) => [node.name ?? '', node]));
  /** The value of a variable; undefined: it is set more than once. */
  const assigned = new Map<string, string | undefined>();
  for (const { operation, inputs } of nodes) {
    const [variable = '', value = ''] = inputs;
    if (operation !== 'AssignVariableOp') continue;
    const name = nodeNameOf(variable);
    assigned.set(name, assigned.has(name) ? undefined : value);
  }
  return (reference) => {
    // A file's name goes through few nodes. The limit also ends references that go round in circles.
    for (let [at, steps] = [reference, 0]; steps < 8; steps++) {
      const name = nodeNameOf(at);
      const own = lines.get(name);
      if (own !== undefined) return own;
      const { operation, inputs = [] } = byName.get(name) ?? {};
      const value = assigned.get(nodeNameOf(inputs[0] ?? ''));
      if (operation === 'Identity') at = inputs[0] ?? '';
      else if (operation === 'ReadVariableOp' && value !== undefined) at = value;
      else return undefined;
    }
    return undefined;
  };
}

/** The graph's call of each function; undefined: there are several. */
function onlyCalls(nodes: readonly Node[]): ReadonlyMap<string, Node | undefined> {
  const calls = new Map<string, Node | undefined>();
  for (const node of nodes) {
    for (const { value } of node.attributes) {
      const name = value?.function?.name;
      if (name !== undefined) calls.set(name, calls.has(name) ? undefined : node);
    }
  }
  return calls;
}

/** Finds the lines of the file that a function's argument names, if the function is called once. */
function fileOfArgument(
  { signature }: FunctionDefinition,
  callOf: ReadonlyMap<string, Node | undefined>,
  fileOf: (reference: string) => Lines | undefined,
): (reference: string) => Lines | undefined {
  const call = callOf.get(signature?.name ?? '');
  const places = new Map((signature?.inputs ?? []).map(({ name = '' }, place) => [name, place]));
  return (reference) => {
    const place = places.get(nodeNameOf(reference));
    return call !== undefined && place !== undefined ? fileOf(call.inputs[place] ?? '') : undefined;
  };
}

/**
 * The node with the constants that it is given; the node itself if these cannot be told.
 *
 * @param output - added to a node's name, it names the node's tensor.
 */
function filled(node: Node, lines: Lines | undefined, output: string): Node[] {
  const attribute = (wanted: string) => node.attributes.find(({ key }) => key === wanted)?.value;
  const [key, value] = [attribute('key_index')?.int, attribute('value_index')?.int].map(signed);
  const size = signed(attribute('vocab_size')?.int ?? -1n);
  const isWords = key === WHOLE_LINE && value === LINE_NUMBER;
  const isNumbers = key === LINE_NUMBER && value === WHOLE_LINE;
  if (lines === undefined || !(isWords || isNumbers)) return [node];
  if (size >= 0n && size !== BigInt(lines.length)) return [node];
  const { name = '', inputs } = node;
  const [keys, values] = isWords
    ? (['words', 'numbers'] as const)
    : (['numbers', 'words'] as const);
  const type = { words: DT_STRING, numbers: DT_INT64 };
  const first = signed(attribute('offset')?.int);
  const numbers = BigInt64Array.from(lines, (_, n) => first + BigInt(n));
  const stored = { words: { texts: lines }, numbers: { content: new Uint8Array(numbers.buffer) } };
  const sizes = [lines.length];
  return [
    constant(`${name}/words`, type.words, sizes, stored.words),
    constant(`${name}/numbers`, type.numbers, sizes, stored.numbers),
    {
      name,
      operation: 'InitializeTableV2',
      inputs: [
        inputs[0] ?? '',
        ...[keys, values].map((kind) => `${name}/${kind}${output}`),
        ...inputs.slice(2),
      ],
      attributes: [
        { key: 'Tkey', value: { type: type[keys] } },
        { key: 'Tval', value: { type: type[values] } },
      ],
    },
  ];
}

/** A field's value as a signed number. */
function signed(value: bigint | undefined): bigint {
  return BigInt.asIntN(64, value ?? 0n);
}

const NO_TEXT = { texts: [new Uint8Array()] };

function constant(
  name: string | undefined,
  type: bigint,
  sizes: readonly number[],
  values: Attribute['tensor'],
): Node {
  const shape = { dimensions: sizes.map((size) => ({ size: BigInt(size) })) };
  const attributes = [
    { key: 'dtype', value: { type } },
    { key: 'value', value: { tensor: { type, shape, ...values } } },
  ];
  return { name: name ?? '', operation: 'Const', inputs: [], attributes };
}
