/**
 * Operations that are written into a graph.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { message } from '../../files/protobuf/index.js';

const { LengthDelimited, Varint } = WireType;

/** Field numbers in `NodeProto` and `AttributeProto`; the number of the attribute type for one whole number. */
const NODE = { input: 1, output: 2, operation: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, int: 3, type: 20 };
const INT = 2;

/** A `NodeProto` of ONNX's own domain. @param attribute - a whole number, by its name. */
export function writtenNode(
  operation: string,
  inputs: readonly string[],
  output: string,
  attribute?: readonly [string, number],
): Uint8Array {
  return message((w) => {
    for (const input of inputs) w.tag(NODE.input, LengthDelimited).string(input);
    w.tag(NODE.output, LengthDelimited).string(output);
    w.tag(NODE.operation, LengthDelimited).string(operation);
    if (attribute === undefined) return;
    const [name, value] = attribute;
    const written = message((a) => {
      a.tag(ATTRIBUTE.name, LengthDelimited).string(name);
      a.tag(ATTRIBUTE.int, Varint).int64(value);
      a.tag(ATTRIBUTE.type, Varint).int32(INT);
    });
    w.tag(NODE.attribute, LengthDelimited).bytes(written);
  });
}
