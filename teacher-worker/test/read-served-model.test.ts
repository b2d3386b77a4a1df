// Arguments that name no model.
import { expect, test } from 'vitest';
import { readServedModel } from '../src/serving/read-served-model.js';

test.each([
  ['/dev/zero', '/dev/zero: is a pipe or device, and no file'],
  ['/nowhere', '/nowhere: no such file'],
])('readServedModel refuses %s', async (path, message) => {
  await expect(readServedModel(`m=${path}`)).rejects.toThrow(message);
});
