/** `followRun` with a fake client. */
import { LyceumError, Run, RunState } from '@lyceum/proto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followRun } from '../../src/following/follow-run.js';
import type { CommandContext } from '../../src/session/index.js';

let shown = '';

beforeEach(() => {
  shown = '';
  Object.assign(process.stderr, { isTTY: true, hasColors: () => false });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(process.stderr, 'isTTY');
  Reflect.deleteProperty(process.stderr, 'hasColors');
});

const run = (state: RunState) =>
  Run.fromPartial({ runId: 'digits', state, progress: { step: 3, stepCount: 9, loss: 0.5 } });

/** Follows a run to its end while its history cannot be had. */
async function followed(lost: LyceumError): Promise<unknown> {
  const printed: unknown[] = [];
  const client = {
    async *watchRun() {
      yield run(RunState.RUN_STATE_TRAINING);
      yield run(RunState.RUN_STATE_SUCCEEDED);
    },
    getHistory: () => Promise.reject(lost),
  };
  const { signal } = new AbortController();
  const context = { client, signal, print: (data: unknown) => printed.push(data) };
  await followRun(context as unknown as CommandContext, 'digits', 'live');
  return printed[0];
}

test.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)(
  'followRun goes on without the loss curve when the history fails with %s',
  async (code) => {
    const ended = await followed(new LyceumError(code, 'nobody answers'));
    expect(ended).toMatchObject({ state: 'SUCCEEDED' });
    expect(shown).toContain('loss 0.5000');
  },
);

test('followRun ends with any other error of the history', async () => {
  await expect(followed(new LyceumError('NOT_FOUND', 'it is gone'))).rejects.toThrow('it is gone');
});

test('followRun without a terminal prints a warning once, not in each line', async () => {
  Object.assign(process.stderr, { isTTY: false });
  const warned = (step: number, ...warnings: string[]) =>
    Run.fromPartial({ ...run(RunState.RUN_STATE_TRAINING), warnings, progress: { epoch: step } });
  const client = {
    async *watchRun() {
      yield warned(1, 'far is far');
      yield warned(2, 'far is far', 'near is slow');
      yield { ...warned(3, 'far is far', 'near is slow'), state: RunState.RUN_STATE_SUCCEEDED };
    },
  };
  const { signal } = new AbortController();
  const context = { client, signal, print: () => undefined };
  await followRun(context as unknown as CommandContext, 'digits', 'live');
  expect(shown.replace(/\d\d:\d\d:\d\d /g, '').split('\n')).toEqual([
    'digits warning: far is far',
    'digits TRAINING',
    'digits warning: near is slow',
    'digits TRAINING',
    'digits SUCCEEDED',
    '',
  ]);
});
