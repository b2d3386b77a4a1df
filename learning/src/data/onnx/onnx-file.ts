/**
 * What an ONNX file says of itself, read without a runtime: inputs, outputs, weights, operations.
 *
 * Message numbers are those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InvalidDocumentError, toLyceumError } from '@lyceum/proto';
import { labelsInMetadata } from '../class-labels.js';
import type {
  ElementType,
  GraphOutline,
  GraphValue,
  GraphWeights,
} from '../graphs/graph-outline.js';
import { eachField, field, fields, numbers, text } from '../graphs/protobuf-fields.js';
import { ONNX_ELEMENTS, type OnnxElementType } from './onnx-elements.js';
import { CLASSICAL_DOMAIN, classicalOperation } from './onnx-operations.js';

const ELEMENTS: ReadonlyMap<number, readonly [OnnxElementType, number]> = new Map(
  Object.entries(ONNX_ELEMENTS).map(([type, { number, bytes }]) => [
    number,
    [type as OnnxElementType, bytes],
  ]),
);

/** Old files list the weights among the inputs too; here they are not. */
export interface OnnxOutline extends GraphOutline, GraphWeights {
  /** Files that weights lie in. */
  readonly externalFiles: ReadonlySet<string>;
}

/** @throws {InvalidDocumentError} if it is no ONNX file. */
export function readOnnx(bytes: Uint8Array, source: string): OnnxOutline {
  let graph: Uint8Array | undefined;
  try {
    graph = field(bytes, MODEL_GRAPH);
    if (graph !== undefined) return readGraph(graph, readMetadata(bytes));
  } catch (err) {
    const message = `is no ONNX file, or a damaged one (${toLyceumError(err).message})`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  throw new InvalidDocumentError(source, [{ path: '', message: 'is no ONNX file: has no graph' }]);
}

/**
 * The same model with all weights in the file, so that it can be kept and told apart as one.
 *
 * @param read - the bytes of a file that {@link OnnxOutline.externalFiles} names.
 * @throws {InvalidDocumentError} if a weight lies beyond its file's end.
 */
export function withWeightsInside(
  bytes: Uint8Array,
  read: (file: string) => Uint8Array,
  source: string,
): Uint8Array {
  return rewritten(bytes, MODEL_GRAPH, (graph) =>
    rewritten(graph, GRAPH_INITIALIZER, (tensor) => tensorInside(tensor, read, source)),
  );
}

const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const GRAPH_INITIALIZER = 5;
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9, external: 13, location: 14 };

interface Tensor {
  readonly name: string;
  readonly type: number;
  readonly elementCount: number;
  /** `location`, `offset` and `length`, if it lies in another file. */
  readonly external: ReadonlyMap<string, string>;
}

/** Entries that the exporter added. */
function readMetadata(model: Uint8Array): [string, string][] {
  return fields(model, MODEL_METADATA).map((entry) => [
    text(field(entry, 1)),
    text(field(entry, 2)),
  ]);
}

function readGraph(graph: Uint8Array, metadata: [string, string][]): OnnxOutline {
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const operationOf = new Map<string, string>();
  const operations = new Set<string>();
  const weights = new Map<string, Tensor>();
  const tensorBytes = new Map<string, Uint8Array>();
  const nodes: Node[] = [];
  eachField(graph, (number, reader, wireType) => {
    if (number === 1) {
      const node = readNode(reader.bytes());
      operations.add(node.operation);
      if (node.domain === CLASSICAL_DOMAIN) nodes.push(node);
      for (const output of node.outputs) operationOf.set(output, node.operation);
    } else if (number === GRAPH_INITIALIZER) {
      const bytes = reader.bytes();
      const tensor = readTensor(bytes);
      weights.set(tensor.name, tensor);
      tensorBytes.set(tensor.name, bytes);
    } else if (number === 11) inputs.push(readValue(reader.bytes()));
    else if (number === 12) outputs.push(readValue(reader.bytes()));
    else reader.skip(wireType);
  });
  const tensors = [...weights.values()];
  const sum = (of: (tensor: Tensor) => number) => tensors.reduce((n, tensor) => n + of(tensor), 0);
  const classical = nodes.map((node) => classicalOperation(node, tensorBytes));
  const floatCount = classical.reduce((n, { parameterCount }) => n + parameterCount, 0);
  const inMetadata = labelsInMetadata(metadata, "the file's metadata ");
  return {
    inputs: inputs.filter(({ name }) => !weights.has(name)),
    outputs,
    operations,
    operationOf,
    labels: [
      ...classical.flatMap(({ labels }) => labels ?? []),
      ...(inMetadata ? [inMetadata] : []),
    ],
    parameterCount: sum(({ elementCount }) => elementCount) + floatCount,
    weightBytes:
      sum(({ elementCount, type }) => elementCount * (ELEMENTS.get(type)?.[1] ?? 4)) +
      ONNX_ELEMENTS.float32.bytes * floatCount,
    externalFiles: new Set(tensors.flatMap(({ external }) => external.get('location') ?? [])),
  };
}

interface Node {
  readonly operation: string;
  /** '': ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Each the bytes of its message. */
  readonly attributes: readonly Uint8Array[];
}

function readNode(bytes: Uint8Array): Node {
  let [operation, domain] = ['', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Uint8Array[] = [];
  eachField(bytes, (number, reader, wireType) => {
    if (number === 1) inputs.push(reader.string());
    else if (number === 2) outputs.push(reader.string());
    else if (number === 4) operation = reader.string();
    else if (number === 5) attributes.push(reader.bytes());
    else if (number === 7) domain = reader.string();
    else reader.skip(wireType);
  });
  return { operation, domain, inputs, outputs, attributes };
}

function readTensor(bytes: Uint8Array): Tensor {
  let [name, type, elementCount] = ['', 0, 1];
  const external = new Map<string, string>();
  eachField(bytes, (number, reader, wireType) => {
    if (number === TENSOR.dims) {
      for (const size of numbers(reader, wireType)) elementCount *= size;
    } else if (number === TENSOR.type) type = reader.int32();
    else if (number === TENSOR.name) name = reader.string();
    else if (number === TENSOR.external) {
      const entry = reader.bytes();
      external.set(text(field(entry, 1)), text(field(entry, 2)));
    } else reader.skip(wireType);
  });
  return { name, type, elementCount, external };
}

function readValue(bytes: Uint8Array): GraphValue {
  const name = text(field(bytes, 1));
  const type = field(bytes, 2) ?? new Uint8Array();
  const tensor = field(type, 1);
  if (tensor === undefined) return { name, kind: 'other', elementType: 'other', shape: undefined };
  let elementType: ElementType = 'other';
  let shape: (number | undefined)[] | undefined;
  eachField(tensor, (number, reader, wireType) => {
    if (number === 1) elementType = ELEMENTS.get(reader.int32())?.[0] ?? 'other';
    else if (number === 2) shape = readShape(reader.bytes());
    else reader.skip(wireType);
  });
  return { name, kind: 'tensor', elementType, shape };
}

function readShape(bytes: Uint8Array): (number | undefined)[] {
  const sizes: (number | undefined)[] = [];
  eachField(bytes, (number, reader, wireType) => {
    if (number !== 1) {
      reader.skip(wireType);
      return;
    }
    let size: number | undefined;
    eachField(reader.bytes(), (inner, dimension, innerType) => {
      if (inner === 1) size = Number(dimension.int64());
      else dimension.skip(innerType);
    });
    sizes.push(size !== undefined && size > 0 ? size : undefined);
  });
  return sizes;
}

/** The tensor with its values in it, where they lay in another file. */
function tensorInside(
  bytes: Uint8Array,
  read: (file: string) => Uint8Array,
  source: string,
): Uint8Array {
  const { name, external } = readTensor(bytes);
  const location = external.get('location');
  if (location === undefined) return bytes;
  const file = read(location);
  const offset = Number(external.get('offset') ?? 0);
  const end = external.has('length') ? offset + Number(external.get('length')) : file.length;
  if (!(offset >= 0 && offset <= end && end <= file.length)) {
    const message = `lies at bytes ${offset} to ${end} of ${location}, which has ${file.length}`;
    throw new InvalidDocumentError(source, [{ path: `weight ${name}`, message }]);
  }
  const writer = new BinaryWriter();
  eachField(bytes, (number, reader, wireType) => {
    const value = reader.skip(wireType);
    if (number === TENSOR.external || number === TENSOR.location) return;
    writer.tag(number, wireType).raw(value);
  });
  writer.tag(TENSOR.raw, WireType.LengthDelimited).bytes(file.subarray(offset, end));
  return writer.finish();
}

/** The message with each message-valued field of that number replaced, all else as it is. */
function rewritten(
  bytes: Uint8Array,
  target: number,
  replace: (value: Uint8Array) => Uint8Array,
): Uint8Array {
  const writer = new BinaryWriter();
  eachField(bytes, (number, reader, wireType) => {
    writer.tag(number, wireType);
    if (number === target) writer.bytes(replace(reader.bytes()));
    else writer.raw(reader.skip(wireType));
  });
  return writer.finish();
}
