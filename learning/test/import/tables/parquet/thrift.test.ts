/** Messages written by hand in the compact protocol of Thrift, and the footer of a file of hyparquet-writer. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { checkThrift } from '../../../../src/import/tables/parquet/thrift.js';

const check = (...bytes: readonly number[]) =>
  checkThrift(new DataView(Uint8Array.from(bytes).buffer), 0);

/** Field 1 of each type, and a list of two empty messages. */
const SOUND = [0x11, 0x13, 7, 0x15, 0x96, 0x01, 0x18, 2, 65, 66, 0x19, 0x2c, 0, 0, 0];

test('checkThrift returns the end of a valid message', () => {
  expect(check(...SOUND, 9, 9)).toBe(SOUND.length);
  const file = parquetWriteBuffer({ columnData: [{ name: 'text', data: ['a'], type: 'STRING' }] });
  const end = file.byteLength - 8;
  const length = new DataView(file).getUint32(end, true);
  expect(checkThrift(new DataView(file), end - length, end)).toBe(end);
});

test.each([
  [
    'a list of more members than there are bytes',
    [0x19, 0xf5, 0xff, 0xff, 0xff, 0x0f, 0],
    'a list of 33554431 members in 1 bytes',
  ],
  [
    'a number without an end',
    [0x16, ...Array<number>(11).fill(0xff)],
    'a number of more than 10 bytes',
  ],
  ['a text that is longer than what is left', [0x18, 5, 65], 'ends too early'],
  ['a message without an end', [0x13, 7], 'ends too early'],
  ['messages in messages', Array<number>(100).fill(0x1c), 'lie more than 32 deep'],
  ['a map', [0x1b, 0], 'a value of type 11'],
])('checkThrift refuses %s', (_, bytes, message) => {
  expect(() => check(...bytes)).toThrowError(message);
});
