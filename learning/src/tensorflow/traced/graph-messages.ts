/**
 * The few protobuf messages in which a TensorFlow graph is saved, written by hand: a `saved_model.pb` with one graph,
 * without files of variables, signatures or functions.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/protobuf/saved_model.proto
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/framework/graph.proto
 */
import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { message } from '../../files/protobuf/index.js';
import { ATTRIBUTE, type OperationAttribute } from '../engine/index.js';
import type { Constant } from './recording.js';

/** An AttrValue, encoded. */
export type AttributeValue = Uint8Array;

export interface GraphNode {
  readonly name: string;
  readonly operation: string;
  /** `NODE`, `NODE:OUTPUT`, or `^NODE`: after it. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** The tag by which the graph is loaded. */
export const GRAPH_TAG = 'serve';

/** Version of the graphs that TensorFlow 2.9 writes; later libraries read it too. */
const PRODUCER_VERSION = 1087;

const SCHEMA_VERSION = 1;

const { Varint, LengthDelimited, Bit32 } = WireType;

/** @returns the contents of `saved_model.pb`. */
export function savedModelFile(nodes: readonly GraphNode[]): Uint8Array {
  const versions = message((w) => w.tag(1, Varint).int32(PRODUCER_VERSION));
  const graph = message((w) => {
    for (const node of nodes) w.tag(1, LengthDelimited).bytes(encodedNode(node));
    w.tag(4, LengthDelimited).bytes(versions);
  });
  const info = message((w) => w.tag(4, LengthDelimited).string(GRAPH_TAG));
  const metaGraph = message((w) => {
    w.tag(1, LengthDelimited).bytes(info);
    w.tag(2, LengthDelimited).bytes(graph);
  });
  return message((w) => {
    w.tag(1, Varint).int64(SCHEMA_VERSION);
    w.tag(2, LengthDelimited).bytes(metaGraph);
  });
}

export function typeAttribute(dtype: number): AttributeValue {
  return message((w) => w.tag(6, Varint).int32(dtype));
}

export function stringAttribute(value: string): AttributeValue {
  return message((w) => w.tag(2, LengthDelimited).string(value));
}

export function shapeAttribute(shape: readonly number[]): AttributeValue {
  return message((w) => w.tag(7, LengthDelimited).bytes(encodedShape(shape)));
}

export function tensorAttribute({ dtype, shape, bytes }: Constant): AttributeValue {
  const tensor = message((w) => {
    w.tag(1, Varint).int32(dtype);
    w.tag(2, LengthDelimited).bytes(encodedShape(shape));
    w.tag(4, LengthDelimited).bytes(bytes);
  });
  return message((w) => w.tag(8, LengthDelimited).bytes(tensor));
}

/** An attribute that tfjs gives to the library, encoded; undefined if it is of a kind that tfjs-node never uses. */
export function recordedAttribute({ type, value }: OperationAttribute): AttributeValue | undefined {
  if (type === ATTRIBUTE.shape) return shapeAttribute(value as readonly number[]);
  const write = SCALAR_ATTRIBUTES[type];
  if (write === undefined) return undefined;
  if (!Array.isArray(value)) return message((w) => write(w, value));
  const list = message((w) => {
    for (const item of value) write(w, item);
  });
  return message((w) => w.tag(1, LengthDelimited).bytes(list));
}

/** Writers by `TF_ATTR_…`: string, int, float, bool, type. An AttrValue and its list have the same field numbers. */
const SCALAR_ATTRIBUTES: readonly ((writer: BinaryWriter, value: unknown) => unknown)[] = [
  (w, value) => w.tag(2, LengthDelimited).string(String(value)),
  (w, value) => w.tag(3, Varint).int64(Number(value)),
  (w, value) => w.tag(4, Bit32).float(Number(value)),
  (w, value) => w.tag(5, Varint).bool(Boolean(value)),
  (w, value) => w.tag(6, Varint).int32(Number(value)),
];

function encodedNode({ name, operation, inputs, attributes }: GraphNode): Uint8Array {
  return message((w) => {
    w.tag(1, LengthDelimited).string(name);
    w.tag(2, LengthDelimited).string(operation);
    for (const input of inputs) w.tag(3, LengthDelimited).string(input);
    for (const [key, value] of Object.entries(attributes)) {
      const entry = message((e) => {
        e.tag(1, LengthDelimited).string(key);
        e.tag(2, LengthDelimited).bytes(value);
      });
      w.tag(5, LengthDelimited).bytes(entry);
    }
  });
}

function encodedShape(shape: readonly number[]): Uint8Array {
  return message((w) => {
    for (const size of shape) {
      w.tag(2, LengthDelimited).bytes(message((d) => d.tag(1, Varint).int64(size)));
    }
  });
}
