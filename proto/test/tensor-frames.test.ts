/**
 * Frames against the generated codec: both must write the same bytes and read those of the other. The memory of tensor
 * values shows that nothing is copied.
 */
import { describe, expect, test } from 'vitest';
import { LyceumError } from '../src/errors.js';
import { MESSAGE_MAX_PARTS } from '../src/limits.js';
import { checkedMessage } from '../src/message-sum.js';
import { AnswerFrame, DataType, TargetFrame, Tensor } from '../src/messages.js';
import {
  decodeAnswerFrame,
  decodeTargetFrame,
  encodeAnswerFrame,
  encodeTargetFrame,
  float32Tensor,
  float32Values,
} from '../src/tensor-frames.js';

const logits = float32Tensor('logits', [2, 3], Float32Array.from([1, 2, 3, -4, 0.5, 1e-30]));
const hint = float32Tensor('dense_2', [2, 1, 1], Float32Array.from([7, 8]));

const answer = AnswerFrame.fromPartial({
  ticket: {
    teacherIdentity: Buffer.alloc(32, 1),
    datasetDigest: Buffer.alloc(32, 2),
    split: 1,
    view: 'v1,seed=7,shift=0.07,flip=1',
    viewEpoch: 3,
    order: { seed: 1, epoch: 300 },
    firstPosition: 128,
    positionCount: 70_000,
    outputs: ['logits', 'dense_2'],
    attempt: 2,
  },
  firstRow: 300,
  tensors: [logits, hint],
  inferenceSeconds: 0.75,
  calls: { count: 5, inputTokens: 300, outputTokens: 10 },
});
const target = TargetFrame.fromPartial({
  epoch: 2,
  firstPosition: 1 << 20,
  tensors: [hint, logits],
  figures: [
    { step: 7, values: [1, 0.5, 0] },
    { step: 8, values: [] },
  ],
});

const frames = {
  answer: {
    value: answer,
    ours: { encode: encodeAnswerFrame, decode: decodeAnswerFrame },
    generated: AnswerFrame,
  },
  target: {
    value: target,
    ours: { encode: encodeTargetFrame, decode: decodeTargetFrame },
    generated: TargetFrame,
  },
};

describe.each(Object.entries(frames))('the %s frame codec', (_name, { value, ours, generated }) => {
  const encode = ours.encode as (frame: unknown) => Buffer;
  const theirs = generated as unknown as {
    encode(frame: unknown): { finish(): Uint8Array };
    decode(bytes: Uint8Array): unknown;
    fromPartial(frame: object): unknown;
  };

  test('writes the bytes of the generated codec, plus fillers', () => {
    const { tensors } = value;
    for (const [index, { data }] of tensors.entries()) {
      const frame = { ...value, tensors: tensors.slice(0, index + 1) };
      const bytes = encode(frame);
      const generatedBytes = Buffer.from(theirs.encode(frame).finish());
      const message = checkedMessage(bytes);
      // The data of the last tensor are at the end.
      expect(message.length - data.length).toBeLessThan(generatedBytes.length - data.length + 12);
      expect((message.length - data.length) % 4).toBe(3);
      expect(message.subarray(-data.length)).toEqual(data);
      expect(generatedBytes.includes(data)).toBe(true);
    }
    const empty = { ...value, tensors: [] };
    expect(checkedMessage(encode(empty))).toEqual(Buffer.from(theirs.encode(empty).finish()));
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'has tensors that are aligned, also behind a name of %i letters',
    (letters) => {
      const tensors = [1, 4, 60].map((count) =>
        float32Tensor('n'.repeat(letters), [count, 1], new Float32Array(count).fill(count)),
      );
      const encoded = encode({ ...value, tensors });
      // The message as grpc-js holds it.
      const bytes = Buffer.from(new ArrayBuffer(5 + encoded.length), 5);
      encoded.copy(bytes);
      const frame = ours.decode(bytes);
      expect(frame.tensors).toEqual(tensors);
      expect(theirs.decode(bytes)).toEqual(frame);
      for (const tensor of frame.tensors) expect(float32Values(tensor).buffer).toBe(bytes.buffer);
    },
  );

  test('reads the same frame as the generated codec', () => {
    const bytes = encode(value);
    expect(ours.decode(bytes)).toEqual(theirs.decode(bytes));
    expect(ours.decode(Buffer.from(theirs.encode(value).finish()))).toEqual(value);
  });

  test('writes and reads a frame without any field', () => {
    const empty = theirs.fromPartial({});
    expect(checkedMessage(encode(empty))).toHaveLength(0);
    expect(ours.decode(Buffer.alloc(0))).toEqual(empty);
  });

  test('keeps an empty tensor', () => {
    const frame = theirs.fromPartial({
      tensors: [{ name: 'logits', dataType: 1, shape: [0, 10] }],
    });
    expect(ours.decode(encode(frame))).toEqual(frame);
  });

  test('reads tensors as views into the message', () => {
    // Small buffers share a pool, where a copy would look like a view.
    const encoded = encode(value);
    const bytes = Buffer.from(new ArrayBuffer(encoded.length));
    encoded.copy(bytes);
    for (const { data } of ours.decode(bytes).tensors) expect(data.buffer).toBe(bytes.buffer);
  });

  test('skips fields of a later version', () => {
    const later = Buffer.concat([encode(value), Buffer.from('a20603616263', 'hex')]);
    expect(ours.decode(later)).toEqual(value);
  });

  test('refuses a truncated frame as INVALID_ARGUMENT, or reads a shorter frame', () => {
    const bytes = encode(value);
    let refused = 0;
    for (let length = 0; length < bytes.length; length += 1) {
      try {
        ours.decode(bytes.subarray(0, length));
      } catch (err) {
        expect(err).toBeInstanceOf(LyceumError);
        expect((err as LyceumError).code).toBe('INVALID_ARGUMENT');
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 2);
  });
});

test('decodeTargetFrame reads unpacked shapes', () => {
  const tensor = Buffer.concat([Buffer.from('18021803', 'hex'), Buffer.from('1001', 'hex')]);
  const bytes = Buffer.concat([Buffer.from([0x1a, tensor.length]), tensor]);
  expect(decodeTargetFrame(bytes).tensors[0]?.shape).toEqual([2, 3]);
  expect(TargetFrame.decode(bytes).tensors[0]?.shape).toEqual([2, 3]);
});

/** `count` times a field of length 0. */
const emptyFields = (tag: number, count: number) =>
  Buffer.concat(Array(count).fill(Buffer.from([tag, 0])));

describe('a frame of very many parts', () => {
  test.each([
    ['tensors', emptyFields(0x1a, MESSAGE_MAX_PARTS + 1)],
    [
      'outputs of its ticket',
      AnswerFrame.encode(
        AnswerFrame.fromPartial({ ticket: { outputs: Array(MESSAGE_MAX_PARTS).fill('') } }),
      ).finish(),
    ],
  ])('is refused if they are %s of answers', (_, bytes) => {
    expect(() => decodeAnswerFrame(bytes)).toThrow('more than 65536 parts');
  });

  test('is read if they are tensors of answers that are few enough, or figures of targets', () => {
    const tensors = emptyFields(0x1a, MESSAGE_MAX_PARTS);
    expect(decodeAnswerFrame(tensors).tensors).toHaveLength(MESSAGE_MAX_PARTS);
    const figures = emptyFields(0x22, 2 * MESSAGE_MAX_PARTS);
    expect(decodeTargetFrame(figures).figures).toHaveLength(2 * MESSAGE_MAX_PARTS);
  });
});

describe('float32Tensor and float32Values', () => {
  test('borrow the memory of values that are aligned', () => {
    const values = Float32Array.from([1, 2, 3]);
    const tensor = float32Tensor('x', [3], values);
    values[1] = 9;
    expect(float32Values(tensor)).toEqual(Float32Array.from([1, 9, 3]));
    expect(float32Values(tensor).buffer).toBe(values.buffer);
  });

  test('copy values that are not aligned', () => {
    const data = Buffer.from(new ArrayBuffer(13), 1, 12);
    data.writeFloatLE(2.5, 4);
    const tensor = Tensor.fromPartial({ dataType: DataType.DATA_TYPE_FLOAT32, shape: [3], data });
    tensor.data = data;
    expect(float32Values(tensor)).toEqual(Float32Array.from([0, 2.5, 0]));
  });

  test('refuse values that do not fit the shape', () => {
    expect(() => float32Tensor('x', [2, 2], new Float32Array(3))).toThrow(
      'x: shape [2,2] has 4 elements, got 3',
    );
    const short = { ...logits, data: logits.data.subarray(4) };
    expect(() => float32Values(short)).toThrow('logits: shape [2,3] needs 24 bytes, got 20');
    const huge = { ...logits, shape: [0xffffffff, 0xffffffff, 0xffffffff] };
    expect(() => float32Values(huge)).toThrow(LyceumError);
  });

  test('refuse other data types', () => {
    expect(() => float32Values({ ...logits, dataType: 0 })).toThrow('want float32');
  });
});
