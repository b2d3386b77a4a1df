/**
 * The byte layout of the Open Inference Protocol v2, sections "Tensor Data" and "InferTensorContents", with bytes
 * written by hand.
 */
import { InferTensorContents } from '@lyceum/proto';
import { expect, test } from 'vitest';
import {
  type NumberDatatype,
  rawNumbers,
  rawTexts,
  tensorNumbers,
  tensorTexts,
} from '../../src/open-inference/tensor-bytes.js';

/** Datatype, values and their bytes: little endian, row-major, without padding. */
const BYTES: readonly (readonly [NumberDatatype, readonly number[], string])[] = [
  ['BOOL', [1, 0], '01 00'],
  ['INT8', [1, -2], '01 fe'],
  ['INT16', [258, -2], '02 01 fe ff'],
  ['INT32', [16909060, -1], '04 03 02 01 ff ff ff ff'],
  ['INT64', [4294967298, -1], '02 00 00 00 01 00 00 00 ff ff ff ff ff ff ff ff'],
  ['UINT8', [1, 255], '01 ff'],
  ['UINT16', [258, 65535], '02 01 ff ff'],
  ['UINT32', [16909060, 4294967295], '04 03 02 01 ff ff ff ff'],
  ['UINT64', [4294967298], '02 00 00 00 01 00 00 00'],
  ['FP16', [1, -2], '00 3c 00 c0'],
  ['BF16', [1, -2], '80 3f 00 c0'],
  ['FP32', [1, -2.5], '00 00 80 3f 00 00 20 c0'],
  ['FP64', [1, -2.5], '00 00 00 00 00 00 f0 3f 00 00 00 00 00 00 04 c0'],
];
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test.each(BYTES)('raw contents have the bytes of datatype %s', (datatype, values, hex) => {
  expect(rawNumbers(datatype, values)).toEqual(bytesOf(hex));
  const head = { name: 'x', datatype, shape: [values.length, 1] };
  // At an odd offset in a message, so not aligned.
  const message = Buffer.concat([Buffer.from([0xaa]), bytesOf(hex)]);
  // A float32 holds 4294967298 as 4294967296.
  expect([...tensorNumbers(head, message.subarray(1))]).toEqual(values.map(Math.fround));
});

test('rawNumbers rounds numbers and limits them to the range of the datatype', () => {
  expect([...rawNumbers('UINT8', [-3, 2.6, 300])]).toEqual([0, 3, 255]);
  expect(rawNumbers('INT8', [-300, 127.4])).toEqual(bytesOf('80 7f'));
  expect(rawNumbers('FP16', [100_000])).toEqual(bytesOf('00 7c'));
});

test('rawTexts and tensorTexts write and read BYTES with a length before each text', () => {
  const raw = bytesOf('02 00 00 00 6f 6b 00 00 00 00 03 00 00 00 e2 82 ac');
  expect(rawTexts(['ok', '', '€'])).toEqual(raw);
  expect(tensorTexts({ name: 'x', datatype: 'BYTES', shape: [3] }, raw)).toEqual(['ok', '', '€']);
});

test('tensorTexts refuses an element longer than its contents', () => {
  const head = { name: 'x', datatype: 'BYTES', shape: [1] };
  for (const hex of ['ff ff ff ff 6f', '02 00 00 00 6f', '02 00 00']) {
    expect(() => tensorTexts(head, bytesOf(hex))).toThrow(/^tensor x has an element of BYTES at/);
  }
});

test('typed contents are read from the list of their datatype', () => {
  const lists = {
    INT32: { intContents: [1, -2] },
    INT64: { int64Contents: [1, -2] },
    UINT8: { uintContents: [1, 2] },
    UINT64: { uint64Contents: [1, 2] },
    BOOL: { boolContents: [true, false] },
    FP32: { fp32Contents: [1.5, -2] },
    FP64: { fp64Contents: [1.5, -2] },
  };
  for (const [datatype, list] of Object.entries(lists)) {
    const contents = InferTensorContents.fromPartial(list);
    const values = tensorNumbers({ name: 'x', datatype, shape: [2], contents }, undefined);
    expect([...values]).toEqual(Object.values(list)[0]?.map(Number));
  }
  const contents = InferTensorContents.fromPartial({ bytesContents: [Buffer.from('ok')] });
  const texts = tensorTexts({ name: 'x', datatype: 'BYTES', shape: [1], contents }, undefined);
  expect(texts).toEqual(['ok']);
});

test('tensorNumbers refuses contents that do not fill the shape', () => {
  const head = { name: 'x', datatype: 'FP32', shape: [2, 3] };
  expect(() => tensorNumbers(head, Buffer.alloc(23))).toThrow(
    'tensor x has 23 bytes of raw contents; want 24 for FP32 [2,3]',
  );
  const contents = InferTensorContents.fromPartial({ fp32Contents: [1, 2] });
  expect(() => tensorNumbers({ ...head, contents }, undefined)).toThrow(
    'tensor x has 2 values in its contents; want 6 for FP32 [2,3]',
  );
  // The list of the datatype is empty, though another list has values.
  const wrongList = InferTensorContents.fromPartial({ fp64Contents: [1, 2, 3, 4, 5, 6] });
  expect(() => tensorNumbers({ ...head, contents: wrongList }, undefined)).toThrow('has 0 values');
});

test('tensorNumbers refuses impossible shapes, unknown datatypes and FP16 that is not raw', () => {
  const read = (datatype: string, shape: number[]) => () =>
    tensorNumbers({ name: 'x', datatype, shape }, Buffer.alloc(0));
  expect(read('FP32', [-1])).toThrow('tensor x has the shape [-1]; want whole numbers, at least 0');
  expect(read('FP32', [2 ** 40, 2 ** 40])).toThrow('beyond all counting');
  expect(read('BYTES', [1])).toThrow('tensor x is of datatype BYTES; want BOOL, INT8');
  expect(read('toString', [1])).toThrow('is of datatype toString');
  expect(() => tensorNumbers({ name: 'x', datatype: 'FP16', shape: [1] }, undefined)).toThrow(
    'want its contents raw',
  );
});
