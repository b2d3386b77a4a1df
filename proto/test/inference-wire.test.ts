/**
 * Messages of the Open Inference Protocol against bytes written by hand, with the field numbers of the public
 * specification ("gRPC"): in calls within this project, both sides would agree on wrong numbers.
 */
import { expect, test } from 'vitest';
import {
  InferTensorContents,
  ModelConfigResponse,
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataResponse,
  ModelReadyRequest,
  ModelReadyResponse,
} from '../src/index.js';

interface Message<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  fromPartial(part: never): T;
}

/** Writes and reads messages of one type. */
function codecOf<T>(type: Message<T>) {
  const whole = (part: object) => type.fromPartial(part as never);
  return {
    whole,
    written: (part: object) => Buffer.from(type.encode(whole(part)).finish()),
    read: (bytes: Buffer): unknown => type.decode(bytes),
  };
}

/** A text, bytes or a nested message of fewer than 128 bytes, after its tag. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const joined = (...parts: Buffer[]) => Buffer.concat(parts);

/** Sizes 2 and −1 of a shape, packed. A negative int64 has ten bytes. */
const SHAPE = field(3, hex('02 ff ff ff ff ff ff ff ff ff 01'));
/** The parameter `classification`, an int64 of 3. */
const PARAMETER = joined(field(1, 'classification'), field(2, hex('10 03')));

const REQUEST = joined(
  field(1, 'digits'),
  field(2, '1'),
  field(3, 'q7'),
  field(5, joined(field(1, 'x'), field(2, 'FP32'), SHAPE, field(4, PARAMETER))),
  field(6, joined(field(1, 'y'), field(2, PARAMETER))),
  field(7, hex('00 00 80 3f')),
);
const parameters = { classification: { parameterChoice: { $case: 'int64Param', int64Param: 3 } } };

const RESPONSE = joined(
  field(1, 'digits'),
  field(2, '1'),
  field(3, 'q7'),
  field(5, joined(field(1, 'y'), field(2, 'FP32'), SHAPE, field(5, field(6, hex('0000803f'))))),
  field(6, hex('00 00 80 3f')),
);

test.each<[string, ReturnType<typeof codecOf>, Buffer, object]>([
  [
    'ModelInferRequest',
    codecOf(ModelInferRequest),
    REQUEST,
    {
      modelName: 'digits',
      modelVersion: '1',
      id: 'q7',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, -1], parameters }],
      outputs: [{ name: 'y', parameters }],
      rawInputContents: [hex('00 00 80 3f')],
    },
  ],
  [
    'ModelInferResponse',
    codecOf(ModelInferResponse),
    RESPONSE,
    {
      modelName: 'digits',
      modelVersion: '1',
      id: 'q7',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, -1], contents: { fp32Contents: [1] } }],
      rawOutputContents: [hex('00 00 80 3f')],
    },
  ],
  [
    'InferTensorContents',
    codecOf(InferTensorContents),
    joined(
      field(1, hex('01 00')),
      field(2, hex('01 ff ff ff ff ff ff ff ff ff 01')),
      field(3, hex('80 80 80 80 10')),
      field(4, hex('ff 01')),
      field(5, hex('80 80 80 80 10')),
      field(6, hex('00 00 20 c0')),
      field(7, hex('00 00 00 00 00 00 04 c0')),
      field(8, 'ok'),
    ),
    {
      boolContents: [true, false],
      intContents: [1, -1],
      int64Contents: [2 ** 32],
      uintContents: [255],
      uint64Contents: [2 ** 32],
      fp32Contents: [-2.5],
      fp64Contents: [-2.5],
      bytesContents: [Buffer.from('ok')],
    },
  ],
  [
    'ModelMetadataResponse',
    codecOf(ModelMetadataResponse),
    joined(
      field(1, 'digits'),
      field(2, '1'),
      field(3, 'onnx'),
      field(4, joined(field(1, 'x'), field(2, 'FP32'), SHAPE)),
      field(5, joined(field(1, 'y'), field(2, 'FP32'), SHAPE)),
    ),
    {
      name: 'digits',
      versions: ['1'],
      platform: 'onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, -1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [2, -1] }],
    },
  ],
  [
    'ModelReadyRequest',
    codecOf(ModelReadyRequest),
    joined(field(1, 'digits'), field(2, '1')),
    { name: 'digits', version: '1' },
  ],
  ['ModelReadyResponse', codecOf(ModelReadyResponse), hex('08 01'), { ready: true }],
  [
    "ModelConfigResponse, by the numbers of Triton's model_config.proto",
    codecOf(ModelConfigResponse),
    field(
      1,
      joined(
        field(1, 'digits'),
        field(2, 'onnx'),
        hex('20 80 01'),
        field(5, joined(field(1, 'x'), hex('10 0b'), field(4, hex('04')))),
        field(6, joined(field(1, 'y'), hex('10 0b'), field(3, hex('0a')))),
        hex('8a 01 01 62'),
      ),
    ),
    {
      config: {
        name: 'digits',
        platform: 'onnx',
        maxBatchSize: 128,
        input: [{ name: 'x', dataType: 11, dims: [4] }],
        output: [{ name: 'y', dataType: 11, dims: [10] }],
        backend: 'b',
      },
    },
  ],
])('%s has the bytes of the specification', (_, { whole, written, read }, bytes, part) => {
  expect(written(part)).toEqual(bytes);
  expect(read(bytes)).toEqual(whole(part));
});
