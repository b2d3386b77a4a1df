/** `getReport` with a malformed report of an untrusted coordinator, without a network. */
import { RunClient } from '@lyceum/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { RunCalls } from '../../src/client/run-calls.js';

afterEach(() => void vi.restoreAllMocks());

it('getReport refuses a malformed report, and names the wrong field', async () => {
  vi.spyOn(RunClient.prototype, 'getReport').mockImplementation(((
    ...args: readonly unknown[]
  ): object => {
    const answered = args.at(-1) as (err: null, response: object) => void;
    setImmediate(() => answered(null, { reportJson: '{"runId": "digits; touch evil"}' }));
    return { cancel: () => {} };
  }) as never);
  const calls = new RunCalls('127.0.0.1:1', undefined);
  await expect(calls.getReport('digits')).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('the report of run digits'),
    problems: expect.arrayContaining([expect.objectContaining({ path: 'runId' })]),
  });
  calls.close();
});
