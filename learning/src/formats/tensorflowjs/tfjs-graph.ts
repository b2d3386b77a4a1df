/**
 * What the `model.json` of a TensorFlow.js GraphModel tells: a GraphDef as JSON, with the signature that the converter
 * took from the SavedModel.
 *
 * @see https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-converter/src/data/compiled_api.ts
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { isObject } from '../../files/index.js';
import { userLabels } from '../../models/index.js';
import {
  type ElementType,
  type GraphOutline,
  type GraphValue,
  nodeNameOf,
  PASSING_OPERATIONS,
  TENSORFLOW_TYPES,
} from '../graphs/index.js';

interface Node {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** @throws {InvalidDocumentError} if it is no graph of operations. */
export function readTfjsGraph(modelJson: unknown, source: string): GraphOutline {
  const model = isObject(modelJson) ? modelJson : {};
  const topology = isObject(model['modelTopology']) ? model['modelTopology'] : {};
  const nodes = new Map(readNodes(topology['node']).map((node) => [node.name, node]));
  if (nodes.size === 0) {
    const problem = { path: 'modelTopology.node', message: 'is no list of operations' };
    throw new InvalidDocumentError(source, [problem]);
  }
  const signature = signatureOf(model);
  const inputs = signature?.inputs ?? placeholders(nodes);
  const outputs = signature?.outputs ?? leaves(nodes);
  const operationAt = operationsOf(nodes);
  return {
    inputs: inputs.map(({ value }) => value),
    outputs: outputs.map(({ value }) => value),
    operations: new Set([...nodes.values()].map(({ operation }) => operation)),
    operationOf: new Map(outputs.map(({ value, node }) => [value.name, operationAt(node)])),
    labels: userLabels(model),
  };
}

function readNodes(raw: unknown): Node[] {
  if (!Array.isArray(raw)) return [];
  return raw.filter(isObject).map((node) => ({
    name: String(node['name']),
    operation: String(node['op']),
    inputs: Array.isArray(node['input']) ? node['input'].map(String) : [],
    attributes: isObject(node['attr']) ? node['attr'] : {},
  }));
}

/** A value, and the operation that gives or takes it. */
interface End {
  readonly value: GraphValue;
  readonly node: string;
}

function signatureOf(
  model: Readonly<Record<string, unknown>>,
): { readonly inputs: readonly End[]; readonly outputs: readonly End[] } | undefined {
  // Older converters put the signature among the user's own metadata.
  const metadata = model['userDefinedMetadata'];
  const signature = model['signature'] ?? (isObject(metadata) ? metadata['signature'] : undefined);
  if (!isObject(signature)) return undefined;
  const [inputs, outputs] = [ends(signature['inputs']), ends(signature['outputs'])];
  return inputs.length > 0 && outputs.length > 0 ? { inputs, outputs } : undefined;
}

function ends(entries: unknown): End[] {
  if (!isObject(entries)) return [];
  return Object.entries(entries).flatMap(([name, info]) => {
    // Inputs that are captured resources are not known outside of the graph.
    if (!isObject(info) || info['resourceId'] !== undefined) return [];
    const value: GraphValue = {
      name,
      kind: 'tensor',
      elementType: elementType(info['dtype']),
      shape: readShape(info['tensorShape']),
    };
    return [{ value, node: nodeNameOf(String(info['name'])) }];
  });
}

function placeholders(nodes: ReadonlyMap<string, Node>): End[] {
  return [...nodes.values()]
    .filter(({ operation }) => operation.startsWith('Placeholder'))
    .map(({ name, attributes }) => {
      const [type, shape] = [attributes['dtype'], attributes['shape']];
      const value: GraphValue = {
        name,
        kind: 'tensor',
        elementType: elementType(isObject(type) ? type['type'] : undefined),
        shape: readShape(isObject(shape) ? shape['shape'] : undefined),
      };
      return { value, node: name };
    });
}

/** Operations whose output no other operation reads. */
function leaves(nodes: ReadonlyMap<string, Node>): End[] {
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(nodeNameOf)));
  return [...nodes.keys()]
    .filter((name) => !read.has(name))
    .map((name) => ({
      value: { name, kind: 'tensor', elementType: 'float32', shape: undefined },
      node: name,
    }));
}

/**
 * Finds the operation that gives a value. Operations that change nothing are looked through, each once, however many
 * outputs lie behind them; '' if the graph goes round in circles.
 */
function operationsOf(nodes: ReadonlyMap<string, Node>): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const way: string[] = [];
    let at = name;
    let operation = known.get(at);
    while (operation === undefined) {
      known.set(at, '');
      way.push(at);
      const node = nodes.get(at);
      const input = PASSING_OPERATIONS.has(node?.operation ?? '') ? node?.inputs[0] : undefined;
      if (input === undefined) operation = node === undefined ? '' : ownOperation(node);
      else {
        at = nodeNameOf(input);
        operation = known.get(at);
      }
    }
    for (const passed of way) known.set(passed, operation);
    return operation;
  };
}

function ownOperation(node: Node): string {
  return node.operation.startsWith('_Fused') ? lastFused(node) : node.operation;
}

/** The operation in which a fused one ends, the last of its parts: `BiasAdd`, or an activation after it. */
function lastFused({ operation, attributes }: Node): string {
  const fused = attributes['fused_ops'];
  const list = isObject(fused) && isObject(fused['list']) ? fused['list']['s'] : undefined;
  const last: unknown = Array.isArray(list) ? list.at(-1) : undefined;
  return typeof last === 'string' ? Buffer.from(last, 'base64').toString() : operation;
}

/** The type for `DT_FLOAT`, or its number. */
function elementType(type: unknown): ElementType {
  for (const [number, [name, element]] of TENSORFLOW_TYPES) {
    if (type === name || type === number) return element;
  }
  return 'other';
}

/** The shape in `{ dim: [{ size: '-1' }, …] }`. */
function readShape(shape: unknown): readonly (number | undefined)[] | undefined {
  if (!isObject(shape) || shape['unknownRank'] === true) return undefined;
  const dimensions = shape['dim'] ?? [];
  if (!Array.isArray(dimensions)) return undefined;
  return dimensions.map((dimension: unknown) => {
    const size = Number(isObject(dimension) ? dimension['size'] : Number.NaN);
    return Number.isInteger(size) && size > 0 ? size : undefined;
  });
}
