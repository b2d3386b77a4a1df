// Attributes written field by field, as onnx.proto defines them, with more numbers than a call may have arguments.
import { WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { message } from '../../../src/files/protobuf/protobuf-message.js';
import { classesInTables, classicalOperation } from '../../../src/formats/onnx/onnx-operations.js';

const { LengthDelimited, Varint } = WireType;
const COUNT = 200_000;
const NAMES = Array.from({ length: COUNT }, (_, i) => String(i));
const packed = message((w) => {
  for (let i = 0; i < COUNT; i++) w.int64(i);
});
const raw = new Uint8Array(BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i)).buffer);

test('classicalOperation reads 200,000 integer labels of a classifier', () => {
  const attribute = message((w) => {
    w.tag(1, LengthDelimited).string('classlabels_ints');
    w.tag(8, LengthDelimited).bytes(packed);
  });
  const own = { operation: 'LinearClassifier', inputs: [], attributes: [attribute] };
  expect(classicalOperation(own).labels?.names).toEqual(NAMES);
});

test.each([
  ['numbers', 7, packed],
  ['bytes', 9, raw],
])('classicalOperation reads a table of 200,000 labels stored as %s', (_, field, held) => {
  const table = message((w) => {
    w.tag(2, Varint).int32(7);
    w.tag(field, LengthDelimited).bytes(held);
  });
  const own = { operation: 'ArrayFeatureExtractor', inputs: ['classes'], attributes: [] };
  const classesIn = classesInTables(new Map([['classes', table]]));
  const { labels } = classicalOperation(own, classesIn);
  expect(labels?.names).toEqual(NAMES);
  // A table that many operations use is read once.
  expect(classicalOperation(own, classesIn).labels).toBe(labels);
});

test('classicalOperation counts parameters and bytes of a tree from its attributes', () => {
  const children = message((w) => {
    w.tag(1, LengthDelimited).string('nodes_truenodeids');
    w.tag(8, LengthDelimited).bytes(packed);
  });
  const thresholds = message((w) => {
    w.tag(1, LengthDelimited).string('nodes_values');
    w.tag(7, LengthDelimited).bytes(new Uint8Array(4 * COUNT));
  });
  const attributes = [children, thresholds];
  const own = { operation: 'TreeEnsembleClassifier', inputs: [], attributes };
  expect(classicalOperation(own)).toMatchObject({
    parameterCount: COUNT,
    byteCount: children.length + thresholds.length,
  });
});
