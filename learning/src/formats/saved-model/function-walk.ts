/**
 * Walks through a SavedModel's functions, from call to call. Every operation on the way must be allowed. The graph that
 * TensorFlow makes, with functions written out where they are called, may not be too deep or too large. Pure.
 */
import { elementCount } from '@lyceum/proto';
import { bareName } from '../../files/index.js';
import { ALLOWED_OPERATIONS, nodeNameOf, RESTORING_OPERATION } from '../graphs/index.js';
import { nodesByName } from './graph-nodes.js';
import type { GraphProblems } from './graph-problems.js';
import {
  type Attribute,
  type Entry,
  type FunctionDefinition,
  MAX_FIELDS,
  type NameAndAttributes,
  type Node,
  type SavedModelReader,
} from './saved-model-messages.js';

/** Operations that hand their inputs on to a function, in their order. */
const CALLING_OPERATIONS: ReadonlySet<string> = new Set([
  'PartitionedCall',
  'StatefulPartitionedCall',
]);

/**
 * The most functions in functions; layers of models within models have some ten. A function that calls itself has no
 * end.
 */
const MAX_CALL_DEPTH = 100;

/**
 * The most nodes once functions are written out where they are called, as TensorFlow does it; the largest published
 * models have some hundred thousand.
 */
const MAX_EXPANDED_NODES = 4_000_000;

/**
 * The most fields of functions that are walked through, each as often as its function. A function is walked once for
 * each choice of arguments that are the variables' file; exporters make one.
 */
const MAX_WALKED_FIELDS = 2 * MAX_FIELDS;

/** The most values of all constants together. A graph may claim any number of values for a constant, and write one. */
const MAX_CONSTANT_VALUES = 2 ** 29;

/**
 * Types of values that the graph itself makes, such as a variable's handle (resource, variant), and that no constant
 * has: a written one could name another model's.
 */
const NO_CONSTANTS: readonly bigint[] = [20n, 21n];

const TOO_DEEP = `has functions that call themselves, or others more than ${MAX_CALL_DEPTH} deep:`;
const TOO_OFTEN = "has functions that are given the variables' file in too many ways";
const TOO_MANY = `has more than ${MAX_EXPANDED_NODES} operations once functions are written out`;
const TOO_LARGE = `has constants of more than ${MAX_CONSTANT_VALUES} values together`;

/** A function that was read. */
interface ReadFunction {
  readonly definition: FunctionDefinition;
  readonly fieldCount: number;
  /** Names of its arguments; none if one of them may be several tensors, which shift those behind them. */
  readonly argumentNames: readonly string[];
}

/** The size of a body, with all that it calls. */
interface Extent {
  /** How deep its calls go. */
  readonly depth: number;
  readonly nodeCount: number;
  readonly constantValues: number;
}

export class FunctionWalk {
  /** The functions that were reached. */
  readonly functions = new Map<string, FunctionDefinition>();
  readonly #library: ReadonlyMap<string, Uint8Array>;
  readonly #reader: SavedModelReader;
  readonly #problems: GraphProblems;
  readonly #read = new Map<string, ReadFunction>();
  /**
   * Sizes by the function and by which of its arguments are the variables' file; undefined: the walk is still in it.
   */
  readonly #walked = new Map<string, Extent | undefined>();
  /** Nodes of functions that were walked through, each counted as often as its function was. */
  #walkedNodes = 0;
  #walkedFields = 0;

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
    const isFile = leadingTo(fed, nodes);
    for (const node of nodes.values()) {
      const { operation = '', inputs } = node;
      constantValues += this.#constantValues(node);
      const isCall = this.#library.has(operation);
      const handsOn = CALLING_OPERATIONS.has(operation);
      const handedOn = isCall || handsOn ? placesOf(inputs, isFile) : [];
      const calls = calledBy(node.attributes).map(({ key, name }) => ({
        name,
        files: handsOn && key === 'f' ? handedOn : [],
      }));
      if (isCall) {
        calls.push({ name: operation, files: handedOn });
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

  /** @param files - places of the inputs that are the variables' file. */
  #function(name: string, files: readonly number[], depth: number): Extent {
    const end = { depth: 0, nodeCount: 0, constantValues: 0 };
    const encoded = this.#library.get(name);
    if (encoded === undefined) {
      this.#problems.add('calls a function that it does not have:', name);
      return end;
    }
    const { definition, fieldCount, argumentNames } = this.#readOnce(name, encoded);
    const fed = files.filter((place) => place < argumentNames.length);
    const key = `${fed} ${name}`;
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
    this.#walkedNodes += definition.nodes.length;
    if (this.#walkedNodes > MAX_EXPANDED_NODES) {
      this.#problems.add(TOO_MANY, '');
      return end;
    }
    this.#walkedFields += fieldCount;
    if (this.#walkedFields > MAX_WALKED_FIELDS) {
      this.#problems.add(TOO_OFTEN, '');
      return end;
    }
    this.#walked.set(key, undefined);
    const place = `in function ${bareName(name)}`;
    const taken = (definition.signature?.inputs ?? []).map((argument) => argument.name ?? '');
    const nodes = nodesByName(definition.nodes, place, this.#problems, taken);
    const fedNames = new Set(fed.map((argument) => argumentNames[argument] as string));
    const found = this.#body(nodes, fedNames, place, depth);
    this.#attributes(definition, depth);
    this.#walked.set(key, found);
    return found;
  }

  #readOnce(name: string, encoded: Uint8Array): ReadFunction {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const before = this.#reader.fieldsLeft;
    const definition = this.#reader.function(encoded);
    const fieldCount = before - this.#reader.fieldsLeft;
    const read = { definition, fieldCount, argumentNames: singleArguments(definition) };
    this.#read.set(name, read);
    this.functions.set(name, definition);
    return read;
  }

  /** How many values the node's attributes claim. */
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

  /** Walks into functions that a function's own attributes name. */
  #attributes({ attributes, argumentAttributes }: FunctionDefinition, depth: number): void {
    const named = [
      ...calledBy(attributes),
      ...argumentAttributes.flatMap(({ value }) => calledBy(value?.attributes ?? [])),
    ];
    for (const { name } of named) this.#function(name, [], depth + 1);
  }
}

/** Whether a reference is one of these nodes, possibly through `Identity` nodes. Each node is looked at once. */
function leadingTo(
  fed: ReadonlySet<string>,
  nodes: ReadonlyMap<string, Node>,
): (reference: string) => boolean {
  const known = new Map([...fed].map((name) => [name, true]));
  return (reference) => {
    const way: string[] = [];
    let leads = false;
    for (let at = reference; !at.startsWith('^'); ) {
      const name = nodeNameOf(at);
      const before = known.get(name);
      if (before !== undefined) {
        leads = before;
        break;
      }
      // A reference that goes round in circles leads nowhere.
      known.set(name, false);
      way.push(name);
      const node = nodes.get(name);
      if (node?.operation !== 'Identity') break;
      at = node.inputs[0] ?? '';
    }
    for (const name of way) known.set(name, leads);
    return leads;
  };
}

function placesOf(
  inputs: readonly string[],
  isMeant: (reference: string) => boolean,
): readonly number[] {
  return inputs.flatMap((input, place) => (isMeant(input) ? [place] : []));
}

function singleArguments({ signature }: FunctionDefinition): readonly string[] {
  const inputs = signature?.inputs ?? [];
  const areSingle = inputs.every(
    ({ numberAttribute, typeListAttribute }) => !numberAttribute && !typeListAttribute,
  );
  return areSingle ? inputs.map(({ name = '' }) => name) : [];
}

/** The functions that attributes name, also in the attributes that a function's name carries. */
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
