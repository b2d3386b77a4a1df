/** `submitSweep` that ends between two of its runs, with a fake coordinator client. */
import { LyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../src/session/index.js';
import { submitSweep } from '../../src/sweep/submit-sweep.js';

const document = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'Training',
  metadata: { name: 'a' },
  spec: {
    dataset: 'digits',
    student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
    training: { optimizer: 'adam', learningRate: 0.1, epochs: 1, seed: 1 },
  },
};
const axes = [{ path: ['spec', 'training', 'seed'], values: [1, 2, 3] }];
const SO_FAR = '1 of 3 runs are submitted; the same command submits the rest';

/** @param second - called in place of the second run's submission. */
async function submitWith(second: (interrupt: () => void) => void) {
  const interrupted = new AbortController();
  const notices: string[] = [];
  let submittedCount = 0;
  const client = {
    submitRun: async (_: string, options?: { dryRun: boolean }) => {
      if (options?.dryRun !== true && ++submittedCount === 2) second(() => interrupted.abort());
      return { created: true, warnings: [] };
    },
  };
  const context = {
    client,
    signal: interrupted.signal,
    print: () => {},
    notice: (line: string) => notices.push(line),
  } as unknown as CommandContext;
  const request = { document, source: 'a.yaml', axes, dryRun: false };
  const failure = await submitSweep(context, request).catch((err: unknown) => err);
  return { failure, notices, submittedCount };
}

test('submitSweep says how many runs are submitted where a later one fails', async () => {
  const { failure } = await submitWith(() => {
    throw new LyceumError('UNAVAILABLE', 'NATS does not answer in time');
  });
  expect(failure).toMatchObject({
    code: 'UNAVAILABLE',
    message: `NATS does not answer in time; ${SO_FAR}`,
  });
});

test('submitSweep says how many runs are submitted where Ctrl-C ends it', async () => {
  const { notices, submittedCount } = await submitWith((interrupt) => interrupt());
  expect(notices).toEqual([SO_FAR.replace('1 of 3', '2 of 3')]);
  expect(submittedCount).toBe(2);
});
