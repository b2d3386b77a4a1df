/** The format of a checkpoint pointer is a contract with the pointers that lie in NATS. */
import { InvalidDocumentError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { parseCheckpointPointer } from '../../src/documents/checkpoint-pointer.js';

test('parseCheckpointPointer reads a pointer, and refuses a bad one with each wrong field', () => {
  const pointer = { runId: 'x', attempt: 1, assignmentEpoch: 2, step: 0 };
  expect(parseCheckpointPointer(JSON.stringify(pointer), 'x')).toEqual(pointer);
  expect(() => parseCheckpointPointer('{', 'pointer of x')).toThrow('is not JSON');
  const bad = JSON.stringify({ ...pointer, step: -1, digest: 'no' });
  expect(() => parseCheckpointPointer(bad, 'pointer of x')).toThrow(InvalidDocumentError);
  expect(() => parseCheckpointPointer(bad, 'pointer of x')).toThrow(/step: .*\n.*digest: /s);
});
