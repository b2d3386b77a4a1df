/**
 * A TreeEnsembleClassifier of two classes whose trees vote for one of them: of the votes' sum p it gives [1 − p, p].
 * ONNX Runtime 1.26 gives [−p, p] (1.32 is right again). Both have p second, so the file is kept with [1 − p, p] made
 * of that.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/docs/Operators-ml.md#ai.onnx.ml.TreeEnsembleClassifier
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { eachField, field, fields, message, numbers, text } from '../../files/protobuf/index.js';
import { ONNX_ELEMENTS } from './onnx-elements.js';
import { MODEL_GRAPH, type OnnxNode, readNode } from './onnx-file.js';
import { CLASSICAL_DOMAIN } from './onnx-operations.js';
import { writtenNode } from './written-node.js';

const { LengthDelimited, Varint } = WireType;

/** Field numbers in `GraphProto`, `NodeProto`, `AttributeProto`. */
const GRAPH = { node: 1, initializer: 5 };
const NODE = { output: 2 };
const ATTRIBUTE = { name: 1, string: 4, floats: 7, ints: 8, strings: 9 };

/** The scores' place among the node's outputs. */
const SCORES = 1;

/**
 * @param model - a file that `readOnnx` has passed.
 * @returns `model` itself if it has no such trees.
 */
export function withBinaryTrees(model: Uint8Array): Uint8Array {
  const [graph] = fields(model, MODEL_GRAPH);
  if (graph === undefined || !fields(graph, GRAPH.node).map(readNode).some(isBinaryVote)) {
    return model;
  }
  const writer = new BinaryWriter();
  eachField(model, (number, reader, wireType) => {
    writer.tag(number, wireType);
    const isGraph = number === MODEL_GRAPH && wireType === LengthDelimited;
    if (isGraph) writer.bytes(graphWith(reader.bytes()));
    else writer.raw(reader.skip(wireType));
  });
  return writer.finish();
}

function graphWith(graph: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  eachField(graph, (number, reader, wireType) => {
    if (number !== GRAPH.node || wireType !== LengthDelimited) {
      writer.tag(number, wireType).raw(reader.skip(wireType));
      return;
    }
    const bytes = reader.bytes();
    const node = readNode(bytes);
    const scores = isBinaryVote(node) ? node.outputs[SCORES] : undefined;
    if (scores === undefined) {
      writer.tag(GRAPH.node, LengthDelimited).bytes(bytes);
      return;
    }
    const own = (part: string) => `${scores}/lyceum/${part}`;
    const added = [
      withOutput(bytes, SCORES, own('votes')),
      writtenNode('Gather', [own('votes'), own('second')], own('p'), ['axis', 1]),
      writtenNode('Sub', [own('one'), own('p')], own('rest')),
      writtenNode('Concat', [own('rest'), own('p')], scores, ['axis', 1]),
    ];
    for (const one of added) writer.tag(GRAPH.node, LengthDelimited).bytes(one);
    const second = tensorOf(own('second'), 'int64', Buffer.from(BigInt64Array.of(1n).buffer));
    const one = tensorOf(own('one'), 'float32', Buffer.from(Float32Array.of(1).buffer));
    for (const constant of [second, one]) {
      writer.tag(GRAPH.initializer, LengthDelimited).bytes(constant);
    }
  });
  return writer.finish();
}

/** Whether a node has two labels, votes for one of them, none below 0, and no transform of their sum. */
function isBinaryVote({ operation, domain, attributes, outputs }: OnnxNode): boolean {
  if (operation !== 'TreeEnsembleClassifier' || domain !== CLASSICAL_DOMAIN) return false;
  const named = new Map(attributes.map((bytes) => [text(field(bytes, ATTRIBUTE.name)), bytes]));
  const transform = text(field(named.get('post_transform') ?? new Uint8Array(), ATTRIBUTE.string));
  const [strings, integers, ids, weights] = [
    fields(named.get('classlabels_strings') ?? new Uint8Array(), ATTRIBUTE.strings),
    wholeNumbers(named.get('classlabels_int64s')),
    wholeNumbers(named.get('class_ids')),
    weightsOf(named.get('class_weights')),
  ];
  return (
    (outputs[SCORES] ?? '') !== '' &&
    ['', 'NONE'].includes(transform) &&
    strings.length + integers.length === 2 &&
    ids.length > 0 &&
    ids.every((id) => id === 0) &&
    !named.has('base_values') &&
    // Weights of type double are in a tensor, which is not read.
    weights.length === ids.length &&
    weights.every((weight) => weight >= 0)
  );
}

function wholeNumbers(attribute: Uint8Array = new Uint8Array()): number[] {
  const found: number[] = [];
  eachField(attribute, (number, reader, wireType) => {
    if (number === ATTRIBUTE.ints) for (const one of numbers(reader, wireType)) found.push(one);
    else reader.skip(wireType);
  });
  return found;
}

/** The weights of an attribute, packed or one by one. */
function weightsOf(attribute: Uint8Array = new Uint8Array()): number[] {
  const found: number[] = [];
  eachField(attribute, (number, reader, wireType) => {
    if (number !== ATTRIBUTE.floats) reader.skip(wireType);
    else if (wireType !== LengthDelimited) found.push(reader.float());
    else {
      const bytes = reader.bytes();
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + 4 <= bytes.length; at += 4) found.push(view.getFloat32(at, true));
    }
  });
  return found;
}

/** The same `NodeProto` with another name for one output. */
function withOutput(node: Uint8Array, place: number, name: string): Uint8Array {
  const writer = new BinaryWriter();
  let seen = 0;
  eachField(node, (number, reader, wireType) => {
    const value = reader.skip(wireType);
    writer.tag(number, wireType);
    if (number === NODE.output && seen++ === place) writer.string(name);
    else writer.raw(value);
  });
  return writer.finish();
}

/** A `TensorProto` of one value. */
function tensorOf(name: string, type: 'int64' | 'float32', value: Uint8Array): Uint8Array {
  return message((w) => {
    w.tag(1, Varint).int64(1);
    w.tag(2, Varint).int32(ONNX_ELEMENTS[type].number);
    w.tag(8, LengthDelimited).string(name);
    w.tag(9, LengthDelimited).bytes(value);
  });
}
