/**
 * The protobuf messages of an ONNX file that a classifier needs, written by hand.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { message } from '../../files/protobuf/index.js';
import { ONNX_ELEMENTS, type OnnxElementType } from '../../formats/onnx/index.js';

const { Varint, LengthDelimited, Bit32 } = WireType;

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** A whole number, a list of them, a text, or `{ float }`. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant of the graph. */
export interface OnnxConstant {
  readonly name: string;
  readonly type: OnnxElementType;
  readonly shape: readonly number[];
  /** Bytes, little-endian and row-major; texts as a list. */
  readonly data: Uint8Array | readonly string[];
}

/** An input or output; its first dimension is the batch, of any size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElementType;
  /** Shape of one sample. */
  readonly sampleShape: readonly number[];
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Operator set 17, which every runtime since 2022 has. */
const OPERATOR_SET = 17;
const IR_VERSION = 8;

/** @returns the bytes of the `.onnx` file. */
export function onnxFile(model: OnnxModel): Uint8Array {
  return message((w) => {
    w.tag(1, Varint).int64(IR_VERSION);
    w.tag(2, LengthDelimited).string('lyceum');
    w.tag(7, LengthDelimited).bytes(graph(model));
    w.tag(8, LengthDelimited).bytes(message((o) => o.tag(2, Varint).int64(OPERATOR_SET)));
    for (const [key, value] of Object.entries(model.metadata)) {
      const entry = message((e) => {
        e.tag(1, LengthDelimited).string(key);
        e.tag(2, LengthDelimited).string(value);
      });
      w.tag(14, LengthDelimited).bytes(entry);
    }
  });
}

function graph({ name, nodes, constants, inputs, outputs }: OnnxModel): Uint8Array {
  return message((w) => {
    for (const node of nodes) w.tag(1, LengthDelimited).bytes(encodedNode(node));
    w.tag(2, LengthDelimited).string(name);
    for (const constant of constants) w.tag(5, LengthDelimited).bytes(encodedConstant(constant));
    for (const value of inputs) w.tag(11, LengthDelimited).bytes(encodedValue(value));
    for (const value of outputs) w.tag(12, LengthDelimited).bytes(encodedValue(value));
  });
}

function encodedNode({ name, operation, inputs, output, attributes }: OnnxNode): Uint8Array {
  return message((w) => {
    for (const input of inputs) w.tag(1, LengthDelimited).string(input);
    w.tag(2, LengthDelimited).string(output);
    w.tag(3, LengthDelimited).string(name);
    w.tag(4, LengthDelimited).string(operation);
    for (const [key, value] of Object.entries(attributes)) {
      w.tag(5, LengthDelimited).bytes(encodedAttribute(key, value));
    }
  });
}

function encodedAttribute(name: string, value: OnnxAttribute): Uint8Array {
  return message((w) => {
    w.tag(1, LengthDelimited).string(name);
    if (typeof value === 'number') {
      w.tag(3, Varint).int64(value);
      w.tag(20, Varint).int32(ATTRIBUTE_TYPES.int);
    } else if (typeof value === 'string') {
      w.tag(4, LengthDelimited).string(value);
      w.tag(20, Varint).int32(ATTRIBUTE_TYPES.string);
    } else if ('float' in value) {
      w.tag(2, Bit32).float(value.float);
      w.tag(20, Varint).int32(ATTRIBUTE_TYPES.float);
    } else {
      for (const item of value) w.tag(8, Varint).int64(item);
      w.tag(20, Varint).int32(ATTRIBUTE_TYPES.ints);
    }
  });
}

function encodedConstant({ name, type, shape, data }: OnnxConstant): Uint8Array {
  return message((w) => {
    for (const size of shape) w.tag(1, Varint).int64(size);
    w.tag(2, Varint).int32(ONNX_ELEMENTS[type].number);
    if (data instanceof Uint8Array) w.tag(9, LengthDelimited).bytes(data);
    else for (const text of data) w.tag(6, LengthDelimited).string(text);
    w.tag(8, LengthDelimited).string(name);
  });
}

function encodedValue({ name, type, sampleShape }: OnnxValue): Uint8Array {
  const dimensions = [
    message((d) => d.tag(2, LengthDelimited).string('batch')),
    ...sampleShape.map((size) => message((d) => d.tag(1, Varint).int64(size))),
  ];
  const shape = message((w) => {
    for (const dimension of dimensions) w.tag(1, LengthDelimited).bytes(dimension);
  });
  const tensor = message((w) => {
    w.tag(1, Varint).int32(ONNX_ELEMENTS[type].number);
    w.tag(2, LengthDelimited).bytes(shape);
  });
  const typed = message((w) => w.tag(1, LengthDelimited).bytes(tensor));
  return message((w) => {
    w.tag(1, LengthDelimited).string(name);
    w.tag(2, LengthDelimited).bytes(typed);
  });
}
