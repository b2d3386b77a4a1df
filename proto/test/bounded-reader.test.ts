/** Messages of the generated encoders, and requests written byte by byte. */
import { describe, expect, it } from 'vitest';
import { BoundedReader, MESSAGE_MAX_PARTS, ModelInferRequest } from '../src/index.js';

const read = (bytes: Uint8Array) => ModelInferRequest.decode(new BoundedReader(bytes));

/** Field 5, an input (a message), and field 7, raw contents (bytes). Both are empty here. */
const [INPUT, RAW] = [
  [0x2a, 0],
  [0x3a, 0],
] as const;
const repeated = (field: readonly number[], count: number) =>
  Buffer.concat(Array(count).fill(Buffer.from(field)));

describe('BoundedReader', () => {
  it('reads a message as the plain reader does', () => {
    const message = ModelInferRequest.fromPartial({
      modelName: 'wide',
      inputs: [
        { name: 'input', shape: [2, 3], contents: { uintContents: Array(100_000).fill(7) } },
      ],
      parameters: { priority: { parameterChoice: { $case: 'int64Param', int64Param: 3 } } },
      rawInputContents: [Buffer.from([1, 2])],
    });
    const bytes = ModelInferRequest.encode(message).finish();
    expect(read(bytes)).toEqual(ModelInferRequest.decode(bytes));
    expect(read(bytes)).toEqual(message);
  });

  it.each([
    ['messages', INPUT],
    ['byte strings', RAW],
  ])('refuses a message of more than 65,536 parts that are %s', (_, field) => {
    // The message itself counts as a part.
    const most = read(repeated(field, MESSAGE_MAX_PARTS - 1));
    expect(most.inputs.length + most.rawInputContents.length).toBe(MESSAGE_MAX_PARTS - 1);
    const tooMany = () => read(repeated(field, MESSAGE_MAX_PARTS));
    expect(tooMany).toThrow('more than 65536 parts');
  });

  it('counts the parts of nested messages', () => {
    const contents = repeated([0x42, 0], 80_000);
    const length = (bytes: Buffer) =>
      Buffer.of((bytes.length & 127) | 128, ((bytes.length >> 7) & 127) | 128, bytes.length >> 14);
    const inside = Buffer.concat([Buffer.of(0x2a), length(contents), contents]);
    expect(() => read(Buffer.concat([Buffer.of(0x2a), length(inside), inside]))).toThrow('parts');
  });
});
