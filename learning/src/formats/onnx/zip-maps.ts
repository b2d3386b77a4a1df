/**
 * Classifiers of scikit-learn end in a ZipMap unless their exporter is told otherwise. For each row it makes a map from
 * classes to numbers, which is not read here: the tensor that it makes the maps of is what counts. A ZipMap takes no
 * doubles, yet skl2onnx writes it behind doubles if a model's inputs are doubles; there a Cast takes its place.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/docs/Operators-ml.md#ai.onnx.ml.ZipMap
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { eachField, field, fields, text } from '../../files/protobuf/index.js';
import { ONNX_ELEMENTS } from './onnx-elements.js';
import { MODEL_GRAPH, type OnnxNode, readNode } from './onnx-file.js';
import { CLASSICAL_DOMAIN, classicalOperation } from './onnx-operations.js';
import { writtenNode } from './written-node.js';

/** Field numbers in `GraphProto`. */
const GRAPH = { node: 1, input: 11, output: 12, valueInfo: 13 };

/**
 * The same model with the tensors in place of the maps at its end. The names of the classes are lost with a ZipMap that
 * was the only part to hold them. A map that another operation reads stays.
 *
 * @param model - a file that `readOnnx` has passed.
 * @returns `model` itself if it has no such map.
 */
export function withoutZipMaps(model: Uint8Array): Uint8Array {
  const [graph] = fields(model, MODEL_GRAPH);
  const zipMaps = graph === undefined ? new Map<string, OnnxNode>() : zipMapsAtEnd(graph);
  if (zipMaps.size === 0) return model;
  const writer = new BinaryWriter();
  eachField(model, (number, reader, wireType) => {
    writer.tag(number, wireType);
    const isGraph = number === MODEL_GRAPH && wireType === WireType.LengthDelimited;
    if (isGraph) writer.bytes(graphWithout(zipMaps, reader.bytes()));
    else writer.raw(reader.skip(wireType));
  });
  return writer.finish();
}

/** ZipMaps at the graph's end, by the output that each gives. */
function zipMapsAtEnd(graph: Uint8Array): Map<string, OnnxNode> {
  const nodes = fields(graph, GRAPH.node).map(readNode);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const outputs = new Set(fields(graph, GRAPH.output).map(nameOf));
  const zipMaps = nodes.filter(
    ({ operation, domain, inputs, outputs: [map = ''] }) =>
      operation === 'ZipMap' &&
      domain === CLASSICAL_DOMAIN &&
      inputs.length === 1 &&
      outputs.has(map) &&
      !read.has(map),
  );
  return new Map(zipMaps.map((node) => [node.outputs[0] as string, node]));
}

function graphWithout(zipMaps: ReadonlyMap<string, OnnxNode>, graph: Uint8Array): Uint8Array {
  // A tensor that is an output already needs no second entry, and each output is described once.
  const told = new Set(fields(graph, GRAPH.output).map(nameOf));
  const given = new Set(told);
  const tensors = new Set([...zipMaps.values()].map(({ inputs: [tensor = ''] }) => tensor));
  const isOfDoubles = fields(graph, GRAPH.input).some(isDouble);
  const writer = new BinaryWriter();
  eachField(graph, (number, reader, wireType) => {
    if (wireType !== WireType.LengthDelimited) {
      writer.tag(number, wireType).raw(reader.skip(wireType));
      return;
    }
    const bytes = reader.bytes();
    const own = number === GRAPH.node ? zipMaps.get(readNode(bytes).outputs[0] ?? '') : undefined;
    if (own !== undefined) {
      const [[tensor = ''], [map = '']] = [own.inputs, own.outputs];
      if (isOfDoubles && !told.has(tensor)) writer.tag(number, wireType).bytes(cast(tensor, map));
      return;
    }
    if (number === GRAPH.valueInfo && !isOfDoubles && tensors.has(nameOf(bytes))) return;
    const zipMap = number === GRAPH.output ? zipMaps.get(nameOf(bytes)) : undefined;
    const [tensor = ''] = zipMap?.inputs ?? [];
    if (zipMap !== undefined && given.has(tensor)) return;
    given.add(tensor);
    const name = isOfDoubles ? (zipMap?.outputs[0] ?? '') : tensor;
    const written = zipMap === undefined ? bytes : tensorOutput(name, classCountOf(zipMap));
    writer.tag(number, wireType).bytes(written);
  });
  return writer.finish();
}

function classCountOf(zipMap: OnnxNode): number | undefined {
  return classicalOperation(zipMap).labels?.names.length;
}

/** `NodeProto` that gives the numbers of one tensor, whatever their type, as float32 in another. */
function cast(from: string, to: string): Uint8Array {
  return writtenNode('Cast', [from], to, ['to', ONNX_ELEMENTS.float32.number]);
}

/** Whether the tensor of a `ValueInfoProto` is of float64. */
function isDouble(value: Uint8Array): boolean {
  const tensor = field(field(value, 2) ?? new Uint8Array(), 1) ?? new Uint8Array();
  let isOne = false;
  eachField(tensor, (number, reader, wireType) => {
    if (number === 1) isOne = reader.int32() === ONNX_ELEMENTS.float64.number;
    else reader.skip(wireType);
  });
  return isOne;
}

/** `ValueInfoProto` of float32 [any, classes]. */
function tensorOutput(name: string, classCount: number | undefined): Uint8Array {
  const sizes = [undefined, classCount].map((size) => {
    const dimension = new BinaryWriter();
    return size === undefined
      ? dimension.finish()
      : dimension.tag(1, WireType.Varint).int64(size).finish();
  });
  const shape = message(sizes.map((size) => [1, size]));
  const { number } = ONNX_ELEMENTS.float32;
  const tensor = new BinaryWriter();
  tensor.tag(1, WireType.Varint).int32(number);
  tensor.tag(2, WireType.LengthDelimited).bytes(shape);
  return message([
    [1, Buffer.from(name)],
    [2, message([[1, tensor.finish()]])],
  ]);
}

function message(parts: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, bytes] of parts) writer.tag(number, WireType.LengthDelimited).bytes(bytes);
  return writer.finish();
}

/** The name in a `ValueInfoProto`. */
function nameOf(value: Uint8Array): string {
  return text(field(value, 1));
}
