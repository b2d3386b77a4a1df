import { describe, expect, it } from 'vitest';
import {
  address,
  allowedAddresses,
  folderPath,
  numberAbove,
  numberFrom,
  uint32From,
  wholeNumber,
} from '../../src/flags/index.js';

const refused = (read: (text: string) => unknown, texts: readonly string[], message: string) => {
  for (const text of texts) expect(() => read(text), JSON.stringify(text)).toThrow(message);
};

describe('wholeNumber and uint32From', () => {
  it('accept decimal digits, both limits included', () => {
    expect(['1', '7', '010'].map(wholeNumber(1, 10))).toEqual([1, 7, 10]);
    expect(uint32From(0)('4294967295')).toBe(2 ** 32 - 1);
    expect(wholeNumber(0)('9007199254740991')).toBe(2 ** 53 - 1);
  });

  it('refuse any other text and name the limits', () => {
    const no = ['', ' ', '0', '11', '-1', '+1', '1.0', '1e1', '0x1', ' 1', '1 ', '١', 'one'];
    refused(wholeNumber(1, 10), no, 'want a whole number from 1 to 10.');
    refused(uint32From(1), ['0', '4294967296'], 'want a whole number from 1 to 4294967295.');
    refused(wholeNumber(2), ['1', '9007199254740992'], 'want a whole number of at least 2.');
  });
});

it('folderPath takes any path but an empty one', () => {
  expect(['.', '/', ' ', 'a/b'].map(folderPath)).toEqual(['.', '/', ' ', 'a/b']);
  refused(folderPath, [''], 'want the path of a folder');
});

describe('numberFrom and numberAbove', () => {
  it('accept decimal numbers, numberFrom including its limits, numberAbove only the upper one', () => {
    expect(['0', '0.5', '.5', '1.', '1e-3', '+1'].map(numberFrom(0, 1))).toEqual([
      0, 0.5, 0.5, 1, 0.001, 1,
    ]);
    expect(numberAbove(0)('1e-300')).toBe(1e-300);
    expect(numberAbove(0, 2)('2')).toBe(2);
  });

  it('refuse any other text and name the limits', () => {
    const none = ['', ' ', '.', '-', 'e1', '0x1', 'NaN', 'Infinity', '1e999', ' 1', '1,5', '1_0'];
    refused(numberFrom(0), [...none, '-0.1'], 'want a number of at least 0.');
    refused(numberFrom(0, 1), ['1.1', '-1'], 'want a number from 0 to 1.');
    refused(numberAbove(0), [...none, '0', '-1'], 'want a number above 0.');
    refused(numberAbove(0, 2), ['0', '2.1'], 'want a number above 0, at most 2.');
  });
});

it('allowedAddresses splits a list at its commas and refuses an invalid network', () => {
  expect(allowedAddresses('10.96.0.0/12,triton.internal')).toEqual([
    '10.96.0.0/12',
    'triton.internal',
  ]);
  refused(allowedAddresses, ['10.96.0.0/99'], '10.96.0.0/99');
});

it('address accepts HOST:PORT and refuses anything else', () => {
  for (const text of ['127.0.0.1:7700', '[::1]:7700', 'lyceum.example:1']) {
    expect(address(text)).toBe(text);
  }
  const none = ['', 'nowhere', '127.0.0.1', ':7700', '::1:7700', 'http://h:1', 'h:1 ', 'h:65536'];
  refused(address, none, 'want HOST:PORT');
});
