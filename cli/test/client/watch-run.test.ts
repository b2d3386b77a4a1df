/** `watchRun` on streams that are written by hand: left before the run has ended, and cut off while a clock is set. */
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunClient } from '@lyceum/platform';
import { RunState } from '@lyceum/proto';
import { afterEach, expect, it, vi } from 'vitest';
import { watchRun } from '../../src/client/watch-run.js';

afterEach(() => void vi.restoreAllMocks());

it('watchRun reconnects to a coordinator that was away while the clock was put forward', async () => {
  const { now } = Date;
  let aheadMs = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs);
  const states = ['TRAINING', 'away', 'away', 'SUCCEEDED'];
  const open = () => {
    const stream = new PassThrough({ objectMode: true });
    const name = states.shift();
    const state = RunState[`RUN_STATE_${name}` as keyof typeof RunState];
    if (state !== undefined) stream.write({ run: { runId: 'x', state } });
    if (state !== RunState.RUN_STATE_SUCCEEDED) {
      setImmediate(() => {
        stream.emit('status', { code: 14, details: 'gone' });
        stream.destroy(new Error('gone'));
      });
    }
    return Object.assign(stream, { cancel: vi.fn(), getPeer: () => 'coordinator:7700' });
  };
  const client = { watchRun: open } as unknown as RunClient;
  const seen: RunState[] = [];
  const onAway = vi.fn(() => {
    aheadMs = 7_200_000;
  });
  for await (const { state } of watchRun(client, 'x', { onAway })) seen.push(state);
  expect(seen).toEqual([RunState.RUN_STATE_TRAINING, RunState.RUN_STATE_SUCCEEDED]);
  expect(onAway).toHaveBeenCalledOnce();
});

it('watchRun cancels its call when it is left before the run has ended', async () => {
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
