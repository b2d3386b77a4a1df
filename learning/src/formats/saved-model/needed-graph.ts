/**
 * Of a SavedModel's graph what inference needs: the nodes that the signature's outputs, the restoring of variables and the
 * filling of tables depend on, and the functions that these call. All else is left out, and of what is left every operation
 * must be on the list of those that are allowed. Pure.
 *
 * TensorFlow runs nothing but what such a node depends on, so what is left out is not missed.
 */
import { elementCount } from '@lyceum/proto';
import { bareName } from '../../files/index.js';
import { ALLOWED_OPERATIONS, nodeNameOf, RESTORING_OPERATION } from '../graphs/index.js';
import type {
  Attribute,
  Entry,
  FunctionDefinition,
  MetaGraph,
  NameAndAttributes,
  Node,
  SavedModelReader,
  Signature,
} from './saved-model-messages.js';

export interface NeededGraph {
  /** With the one signature, and that of the initialiser if there is one. */
  readonly metaGraph: MetaGraph;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  /** Names of the nodes that the outputs depend on. */
  readonly answering: ReadonlySet<string>;
}

/** Fills tables when the model is loaded; no signature to ask. */
export const INITIALISER_SIGNATURE = '__saved_model_init_op';

/** Where TensorFlow 1 says what to run then; the first that is there counts. */
const INITIALISER_COLLECTIONS = ['saved_model_main_op', 'legacy_init_op'];

/** What a file's name may be fed to. */
const FED_OPERATIONS: ReadonlySet<string> = new Set([
  'Placeholder',
  'PlaceholderWithDefault',
  'Const',
]);

/** Those that hand their inputs on to a function in their order. */
const CALLING_OPERATIONS: ReadonlySet<string> = new Set([
  'PartitionedCall',
  'StatefulPartitionedCall',
]);

/** Functions in functions; layers of models within models have some ten. A function that calls itself has no end. */
const MAX_CALL_DEPTH = 100;

/** TensorFlow writes functions out where they are called; the largest published models have some hundred thousand. */
const MAX_EXPANDED_NODES = 4_000_000;

/** Values of all constants together. A graph may claim any number of them, and writes one. */
const MAX_CONSTANT_VALUES = 2 ** 29;

/** What the graph itself makes, such as a variable's handle, is no constant; one that is written would name anybody's. */
const NO_CONSTANTS: readonly bigint[] = [20n, 21n];

/** Problems that are told; the rest is likely more of the same. */
const MAX_TOLD = 8;

const TOO_DEEP = `has functions that call themselves, or others more than ${MAX_CALL_DEPTH} deep:`;
const TOO_MANY = `has more than ${MAX_EXPANDED_NODES} operations once functions are written out`;
const TOO_LARGE = `has constants of more than ${MAX_CONSTANT_VALUES} values together`;

/** Whatever keeps the graph from being run here. */
class GraphProblems {
  readonly #operations = new Map<string, string>();
  readonly #others = new Set<string>();

  refuse(operation: string, place: string): void {
    if (!this.#operations.has(operation)) this.#operations.set(operation, place);
  }

  /** @param name - out of the file. */
  add(claim: string, name: string, place = ''): void {
    const message = `${claim} ${bareName(name)}${place && ` ${place}`}`;
    if (this.#others.size < MAX_TOLD) this.#others.add(message);
  }

  messages(): string[] {
    const operations = [...this.#operations].sort(([a], [b]) => (a < b ? -1 : 1));
    const told = operations.slice(0, MAX_TOLD);
    const rest = operations.length - told.length;
    const listed =
      told.map(([operation, place]) => `${bareName(operation)} (${place})`).join(', ') +
      (rest > 0 ? ` and ${rest} more` : '');
    const refused = `has operations that are not run here: ${listed}; only those run that compute from tensors in memory, as docs/models.md lists them; export the model without the others`;
    return [...(operations.length > 0 ? [refused] : []), ...this.#others];
  }
}

/**
 * @param signature - its name, one of the graph's.
 * @returns why not, if something in it cannot be run here.
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
      signatures: [
        { key: signature, ...(chosen !== undefined && { value: chosen }) },
        ...(fills && initialiser !== undefined ? [initialiserSignature(initialiser)] : []),
      ],
    },
    functions: walk.functions,
    answering: answers,
  };
}

/** Of a body, with all that it calls. */
interface Extent {
  /** How deep its calls go. */
  readonly depth: number;
  readonly nodeCount: number;
  readonly constantValues: number;
}

/** Walks through functions, from call to call. */
class FunctionWalk {
  /** Those that were reached. */
  readonly functions = new Map<string, FunctionDefinition>();
  readonly #library: ReadonlyMap<string, Uint8Array>;
  readonly #reader: SavedModelReader;
  readonly #problems: GraphProblems;
  /** By the function and which of its arguments are the variables' file; undefined: not yet known. */
  readonly #walked = new Map<string, Extent | undefined>();

  constructor(
    library: ReadonlyMap<string, Uint8Array>,
    reader: SavedModelReader,
    problems: GraphProblems,
  ) {
    this.#library = library;
    this.#reader = reader;
    this.#problems = problems;
  }

  /** @param fed - nodes that are the variables' file. */
  check(nodes: ReadonlyMap<string, Node>, fed: ReadonlySet<string>): void {
    this.#body(nodes, fed, 'in the graph', 0);
  }

  #body(
    nodes: ReadonlyMap<string, Node>,
    fed: ReadonlySet<string>,
    place: string,
    depth: number,
  ): Extent {
    let [deepest, nodeCount, constantValues] = [0, nodes.size, 0];
    for (const node of nodes.values()) {
      const { operation = '', inputs } = node;
      constantValues += this.#constantValues(node);
      const isFile = (reference: string) => leadsTo(reference, nodes, fed);
      const calls = calledBy(node.attributes).map(({ key, name }) => {
        const handsOn = CALLING_OPERATIONS.has(operation) && key === 'f';
        return { name, files: handsOn ? inputs.map(isFile) : [] };
      });
      if (this.#library.has(operation)) {
        calls.push({ name: operation, files: inputs.map(isFile) });
      } else if (operation === RESTORING_OPERATION) {
        if (!isFile(inputs[0] ?? '')) {
          this.#problems.refuse(operation, `${place}, of another file than the model's variables`);
        }
      } else if (!ALLOWED_OPERATIONS.has(operation)) this.#problems.refuse(operation, place);
      for (const { name, files } of calls) {
        const called = this.#function(name, files, depth + 1);
        deepest = Math.max(deepest, called.depth + 1);
        nodeCount += called.nodeCount;
        constantValues += called.constantValues;
      }
    }
    if (nodeCount > MAX_EXPANDED_NODES) this.#problems.add(TOO_MANY, '');
    if (constantValues > MAX_CONSTANT_VALUES) this.#problems.add(TOO_LARGE, '');
    return { depth: deepest, nodeCount, constantValues };
  }

  #function(name: string, files: readonly boolean[], depth: number): Extent {
    const end = { depth: 0, nodeCount: 0, constantValues: 0 };
    const encoded = this.#library.get(name);
    if (encoded === undefined) {
      this.#problems.add('calls a function that it does not have:', name);
      return end;
    }
    const definition = this.functions.get(name) ?? this.#reader.function(encoded);
    this.functions.set(name, definition);
    const fed = fedArguments(definition, files);
    const key = JSON.stringify([name, ...fed]);
    const walked = this.#walked.get(key);
    if (walked === undefined && (this.#walked.has(key) || depth > MAX_CALL_DEPTH)) {
      this.#problems.add(TOO_DEEP, name);
      return end;
    }
    if (walked !== undefined) {
      if (depth + walked.depth > MAX_CALL_DEPTH) {
        this.#problems.add(TOO_DEEP, name);
      }
      return walked;
    }
    this.#walked.set(key, undefined);
    const place = `in function ${bareName(name)}`;
    const nodes = nodesByName(definition.nodes, place, this.#problems, argumentNames(definition));
    const found = this.#body(nodes, fed, place, depth);
    this.#attributes(definition, depth);
    this.#walked.set(key, found);
    return found;
  }

  /** How many values its attributes claim. */
  #constantValues({ name = '', attributes }: Node): number {
    const tensors = attributes.flatMap(({ value }) => [
      ...(value?.list?.tensors ?? []),
      ...(value?.tensor === undefined ? [] : [value.tensor]),
    ]);
    let values = 0;
    for (const { type = 0n, shape } of tensors) {
      if (NO_CONSTANTS.includes(type)) {
        this.#problems.add('has a constant of a type that no constant has:', name);
      }
      const sizes = (shape?.dimensions ?? []).map(({ size = 0n }) => Number(size));
      values += elementCount(sizes);
    }
    return values;
  }

  /** A function's own attributes may name functions too. */
  #attributes({ attributes, argumentAttributes }: FunctionDefinition, depth: number): void {
    const named = [
      ...calledBy(attributes),
      ...argumentAttributes.flatMap(({ value }) => calledBy(value?.attributes ?? [])),
    ];
    for (const { name } of named) this.#function(name, [], depth + 1);
  }
}

/** Whether it is one of these nodes, or what hands one on. */
function leadsTo(
  reference: string,
  nodes: ReadonlyMap<string, Node>,
  fed: ReadonlySet<string>,
): boolean {
  for (let [at, steps] = [reference, 0]; steps <= nodes.size; steps++) {
    if (at.startsWith('^')) return false;
    const name = nodeNameOf(at);
    if (fed.has(name)) return true;
    const node = nodes.get(name);
    if (node?.operation !== 'Identity') return false;
    at = node.inputs[0] ?? '';
  }
  return false;
}

function argumentNames({ signature }: FunctionDefinition): readonly string[] {
  return (signature?.inputs ?? []).map(({ name = '' }) => name);
}

/** Arguments of several tensors shift those behind them; nothing is known of such functions. */
function fedArguments(
  { signature }: FunctionDefinition,
  files: readonly boolean[],
): ReadonlySet<string> {
  const inputs = signature?.inputs ?? [];
  if (
    inputs.some(({ numberAttribute, typeListAttribute }) => numberAttribute || typeListAttribute)
  ) {
    return new Set();
  }
  return new Set(inputs.flatMap(({ name = '' }, index) => (files[index] ? [name] : [])));
}

/** The functions that attributes name, also within those of a name. */
function calledBy(attributes: readonly Entry<Attribute>[]): { key: string; name: string }[] {
  return attributes.flatMap(({ key = '', value }) => {
    const named: NameAndAttributes[] = [...(value?.list?.functions ?? [])];
    if (value?.function !== undefined) named.push(value.function);
    return named.flatMap(({ name = '', attributes: own }) => [
      { key, name },
      ...calledBy(own).map((inner) => ({ ...inner, key: '' })),
    ]);
  });
}

/** @param taken - names that no node may have besides. */
function nodesByName(
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
  return [...inputs, ...outputs].flatMap(({ value }) => value?.name ?? []);
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

/** Names of the nodes that these tensors depend on, and their own. */
function reached(
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

function only(nodes: ReadonlyMap<string, Node>, names: Iterable<string>): Map<string, Node> {
  return new Map([...names].flatMap((name) => [[name, nodes.get(name) as Node] as const]));
}

/** Where nodes are placed beside others that may have been left out; TensorFlow places them itself. */
function uncolocated(node: Node): Node {
  return { ...node, attributes: node.attributes.filter(({ key }) => key !== '_class') };
}
