/**
 * What an ONNX file says of itself, read without a runtime: inputs, outputs, weights, operations.
 *
 * Message numbers are those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
import { InvalidDocumentError, type Problem, toLyceumError } from '@lyceum/proto';
import { eachField, field, fields, numbers, text } from '../../files/protobuf/index.js';
import { type ClassLabels, labelsInMetadata } from '../../models/index.js';
import type { ElementType, GraphOutline, GraphValue, GraphWeights } from '../graphs/index.js';
import { inspectOnnx, TENSOR } from './inspect-onnx.js';
import { ONNX_ELEMENTS, type OnnxElementType } from './onnx-elements.js';
import { CLASSICAL_DOMAIN, classesInTables, classicalOperation } from './onnx-operations.js';
import { outputLabels } from './output-labels.js';

const ELEMENTS: ReadonlyMap<number, readonly [OnnxElementType, number]> = new Map(
  Object.entries(ONNX_ELEMENTS).map(([type, { number, bytes }]) => [
    number,
    [type as OnnxElementType, bytes],
  ]),
);

/** Old files list the weights among the inputs too; here they are not. */
export interface OnnxOutline extends GraphOutline, GraphWeights {
  /** Names of the files that weights lie in. */
  readonly externalFiles: ReadonlySet<string>;
}

/**
 * @throws {InvalidDocumentError} if it is no ONNX file, or has parts that the runtime must not be given.
 */
export function readOnnx(bytes: Uint8Array, source: string): OnnxOutline {
  let found: OnnxOutline | readonly Problem[];
  try {
    found = readModel(bytes);
  } catch (err) {
    const message = otherKind(bytes);
    if (message === undefined) throw damagedOnnx(err, source);
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  if (isOutline(found)) return found;
  throw new InvalidDocumentError(source, found);
}

/** @param thrown - while its messages were read. */
export function damagedOnnx(thrown: unknown, source: string): InvalidDocumentError {
  const message = `is no ONNX file, or a damaged one (${toLyceumError(thrown).message})`;
  return new InvalidDocumentError(source, [{ path: '', message }]);
}

function isOutline(found: OnnxOutline | readonly Problem[]): found is OnnxOutline {
  return !Array.isArray(found);
}

/** The mark of the runtime's own format, and its place. Such a file would be read instead of what was checked. */
const ORT_FORMAT = { from: 4, to: 8, mark: 'ORTM' };

function readModel(bytes: Uint8Array): OnnxOutline | readonly Problem[] {
  const { from, to, mark } = ORT_FORMAT;
  if (text(bytes.subarray(from, to)) === mark) {
    return [{ path: '', message: "is in ONNX Runtime's own format; push the .onnx file" }];
  }
  const [graph, ...others] = fields(bytes, MODEL_GRAPH);
  if (graph === undefined) {
    const message = otherKind(bytes) ?? 'is no ONNX file: has no graph';
    return [{ path: '', message }];
  }
  // The runtime would merge several graphs into one.
  if (others.length > 0) return [{ path: 'graph', message: 'is there more than once' }];
  const { problems, externalFiles } = inspectOnnx(bytes);
  return problems.length > 0 ? problems : readGraph(graph, readMetadata(bytes), externalFiles);
}

/** Other files that are often called `.onnx`: how each begins, and what to do. */
const OTHER_KINDS: readonly (readonly [string, string])[] = [
  ['version https://git-lfs', 'is a pointer of Git LFS; fetch the file itself with git lfs pull'],
  ['PK\x03\x04', 'is a zip archive; unpack it and push the .onnx file in it'],
  ['\x1f\x8b', 'is compressed by gzip; unpack it first'],
  ['<', 'is a web page or XML, and no ONNX file; a download may have failed'],
];

function otherKind(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'is empty';
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart();
  return OTHER_KINDS.find(([beginning]) => start.startsWith(beginning))?.[1];
}

export const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const GRAPH_INITIALIZER = 5;

interface Tensor {
  readonly name: string;
  readonly type: number;
  readonly elementCount: number;
}

/** Metadata that the exporter added. */
function readMetadata(model: Uint8Array): [string, string][] {
  return fields(model, MODEL_METADATA).map((entry) => [
    text(field(entry, 1)),
    text(field(entry, 2)),
  ]);
}

function readGraph(
  graph: Uint8Array,
  metadata: [string, string][],
  externalFiles: ReadonlySet<string>,
): OnnxOutline {
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const givenBy = new Map<string, OnnxNode>();
  const operations = new Set<string>();
  const weights = new Map<string, Tensor>();
  const tensorBytes = new Map<string, Uint8Array>();
  const nodes: OnnxNode[] = [];
  eachField(graph, (number, reader, wireType) => {
    if (number === 1) {
      const node = readNode(reader.bytes());
      operations.add(node.operation);
      if (node.domain === CLASSICAL_DOMAIN) nodes.push(node);
      for (const output of node.outputs) givenBy.set(output, node);
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
  let [floatCount, classicalBytes] = [0, 0];
  const labelsOf = new Map<OnnxNode, ClassLabels>();
  const classesIn = classesInTables(tensorBytes);
  for (const node of nodes) {
    const { parameterCount, byteCount, labels } = classicalOperation(node, classesIn);
    floatCount += parameterCount;
    classicalBytes += byteCount;
    if (labels !== undefined) labelsOf.set(node, labels);
  }
  // Operations may look up one table.
  const inGraph = new Set(outputLabels(outputs, givenBy, labelsOf));
  const inMetadata = labelsInMetadata(metadata, "the file's metadata ");
  return {
    inputs: inputs.filter(({ name }) => !weights.has(name)),
    outputs,
    operations,
    operationOf: new Map(outputs.map(({ name }) => [name, operationAt(name, givenBy)])),
    labels: [...inGraph, ...(inMetadata ? [inMetadata] : [])],
    parameterCount: sum(({ elementCount }) => elementCount) + floatCount,
    weightBytes:
      sum(({ elementCount, type }) => elementCount * (ELEMENTS.get(type)?.[1] ?? 4)) +
      classicalBytes,
    externalFiles,
  };
}

/** Operations that change no value, or its form alone; exporters put them behind the last layer. */
const PASSING: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Reshape',
  // To fewer bits, and back.
  'QuantizeLinear',
  'DequantizeLinear',
]);

/** What operations on numbers of fewer bits begin with; the rest is what they do: `QLinearSoftmax`, `QGemm`. */
const QUANTISED = /^(QLinear(?=[A-Z])|Q(?=Gemm$))/;

/** The most operations that are looked through; no exporter puts so many there. */
const MAX_STEPS = 100;

/** The operation that gives a value; '' if no operation gives it, or the graph goes round in circles. */
function operationAt(value: string, givenBy: ReadonlyMap<string, OnnxNode>): string {
  let node = givenBy.get(value);
  for (let steps = 0; node !== undefined && steps < MAX_STEPS; steps++) {
    if (!PASSING.has(node.operation)) return node.operation.replace(QUANTISED, '');
    node = givenBy.get(node.inputs[0] ?? '');
  }
  return '';
}

export interface OnnxNode {
  readonly operation: string;
  /** The operation's domain; '' is ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The attributes' messages, as bytes. */
  readonly attributes: readonly Uint8Array[];
}

/** @param bytes - of a `NodeProto`. */
export function readNode(bytes: Uint8Array): OnnxNode {
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
  eachField(bytes, (number, reader, wireType) => {
    if (number === TENSOR.dims) {
      for (const size of numbers(reader, wireType)) elementCount *= size;
    } else if (number === TENSOR.type) type = reader.int32();
    else if (number === TENSOR.name) name = reader.string();
    else reader.skip(wireType);
  });
  return { name, type, elementCount };
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
