/** A watch that is left before the run has ended, on a stream that would go on for ever. */
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunClient } from '@lyceum/platform';
import { RunState } from '@lyceum/proto';
import { expect, it, vi } from 'vitest';
import { watchRun } from '../../src/client/watch-run.js';

it('ends its call', async () => {
  const cancel = vi.fn();
  const stream = Object.assign(new PassThrough({ objectMode: true }), { cancel });
  stream.write({ run: { runId: 'x', state: RunState.RUN_STATE_PAUSED } });
  const client = { watchRun: () => stream } as unknown as RunClient;
  for await (const { state } of watchRun(client, 'x', {})) {
    expect(state).toBe(RunState.RUN_STATE_PAUSED);
    break;
  }
  await nextTurn();
  expect(cancel).toHaveBeenCalled();
});
