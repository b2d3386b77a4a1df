/**
 * Notes on a real disk. Each process is a new object over the same folder; a process ends at a call that never
 * settles.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { Split } from '@lyceum/proto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import {
  answerCall,
  ENDED_ANSWER_LIMIT,
  ENDED_LOAD_LIMIT,
  EndedCalls,
  excuseCall,
  loadCall,
  type NotedCall,
  REFUSED_MS,
} from '../../src/compute/ended-calls.js';
import type { EndedAt } from '../../src/compute/teacher-calls.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-ended-calls-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let nowMs: number;
let unnoted: string[];
let told: EndedAt[];
beforeEach(() => {
  folder = join(mkdtempSync(join(root, 'worker-')), 'computing');
  nowMs = 1e12;
  unnoted = [];
  told = [];
});

const startProcess = () =>
  new EndedCalls({
    place: { folder, workerId: 'worker-7' },
    nowMs: () => nowMs,
    isEnd: ({ message }) => message === 'the GPU is lost',
    unnoted: (reason) => unnoted.push(reason),
    ended: (end) => told.push(end),
  });
const never = () => new Promise<never>(() => {});
const done = async () => 'done';
const failed = (message: string) => () => Promise.reject(new Error(message));
const noted = () => readFileSync(join(folder, 'now'), 'utf8');

const answer = (identity: string, firstPosition = 0) =>
  answerCall({
    identity,
    dataset: { digest: 'set', file: 'set' },
    span: { split: Split.SPLIT_TRAIN, firstPosition, positionCount: 4 },
    view: IDENTITY_VIEW,
    outputs: ['logits'],
    isProbe: false,
  });

/** Lets processes, one after the other, end at the call. */
function endAt(call: NotedCall, count: number): void {
  for (let end = 0; end < count; end++) void startProcess().noted(call, never);
}

test.each([
  ['load', loadCall('bad'), loadCall('good'), ENDED_LOAD_LIMIT],
  ['answer', answer('bad'), answer('bad', 4), ENDED_ANSWER_LIMIT],
] as const)(
  'EndedCalls refuses a %s at which processes ended again and again, and no other',
  async (_, bad, other, limit) => {
    endAt(bad, limit - 1);
    expect(await startProcess().noted(other, done)).toBe('done');
    endAt(bad, 1);
    for (const process of [startProcess(), startProcess()]) {
      await expect(process.noted(bad, done)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`has ended ${limit} times in a row while`),
      });
      expect(await process.noted(other, done)).toBe('done');
    }
  },
);

test('EndedCalls reports once at which call the last process ended, and how many in a row did', async () => {
  endAt(loadCall('bad'), 2);
  const process = startProcess();
  await process.noted(loadCall('good'), done);
  await process.noted(loadCall('good'), done);
  const limit = ENDED_LOAD_LIMIT;
  expect(told).toEqual([
    { identity: 'bad', kind: 'load', count: 1, limit },
    { identity: 'bad', kind: 'load', count: 2, limit },
  ]);
  await startProcess().noted(loadCall('good'), done);
  endAt(answer('bad'), 1);
  await startProcess().noted(loadCall('good'), done);
  expect(told.slice(2)).toEqual([
    { identity: 'bad', kind: 'answer', count: 1, limit: ENDED_ANSWER_LIMIT },
  ]);
});

test('EndedCalls counts anew after a call has succeeded or failed', async () => {
  const bad = answer('a');
  for (const end of [done, failed('refused')]) {
    endAt(bad, ENDED_ANSWER_LIMIT - 1);
    await startProcess()
      .noted(bad, end)
      .catch(() => undefined);
    expect(noted()).toBe('');
    endAt(bad, ENDED_ANSWER_LIMIT - 1);
    expect(await startProcess().noted(bad, done)).toBe('done');
  }
});

test('EndedCalls allows a refused call again REFUSED_MS after the last one, or after an unload', async () => {
  for (const [call, limit] of [
    [loadCall('a'), ENDED_LOAD_LIMIT],
    [answer('a'), ENDED_ANSWER_LIMIT],
  ] as const) {
    endAt(call, limit);
    const process = startProcess();
    // The run was not told of the refusal yet: the teacher may only have moved to another worker.
    process.unloaded('a');
    for (let ask = 0; ask < 3; ask++) {
      await expect(process.noted(call, done)).rejects.toThrow('in a row');
      nowMs += REFUSED_MS;
    }
    nowMs += 1;
    expect(await process.noted(call, done)).toBe('done');

    endAt(call, limit);
    const next = startProcess();
    await expect(next.noted(call, done)).rejects.toThrow('in a row');
    next.unloaded('b');
    await expect(next.noted(call, done)).rejects.toThrow('in a row');
    next.unloaded('a');
    expect(await startProcess().noted(call, done)).toBe('done');
  }
});

test('excuseCall keeps a process that is stopped from counting', async () => {
  for (let stop = 0; stop < ENDED_ANSWER_LIMIT; stop++) {
    void startProcess().noted(answer('a'), never);
    expect(noted()).not.toBe('');
    excuseCall(folder);
    expect(noted()).toBe('');
  }
  expect(await startProcess().noted(answer('a'), done)).toBe('done');
});

test('EndedCalls counts an error that ends the process, for its first call alone', async () => {
  const bad = answer('a');
  for (let end = 0; end < ENDED_ANSWER_LIMIT; end++) {
    const process = startProcess();
    await expect(process.noted(bad, failed('the GPU is lost'))).rejects.toThrow('lost');
    await expect(process.noted(answer('b'), failed('the GPU is lost'))).rejects.toThrow('lost');
    expect(noted()).toBe(bad.key);
  }
  const process = startProcess();
  await expect(process.noted(bad, done)).rejects.toThrow('in a row');
  expect(await process.noted(answer('b'), done)).toBe('done');
});

test('EndedCalls keeps the ends of the newest 256 calls', async () => {
  endAt(answer('first'), ENDED_ANSWER_LIMIT - 1);
  endAt(answer('second'), ENDED_ANSWER_LIMIT - 1);
  endAt(answer('first'), 1);
  for (let position = 0; position < 255; position++) endAt(answer('a', position), 1);
  const process = startProcess();
  expect(await process.noted(answer('second'), done)).toBe('done');
  await expect(process.noted(answer('first'), done)).rejects.toThrow('in a row');
  expect(JSON.parse(readFileSync(join(folder, 'ended'), 'utf8'))).toHaveLength(256);
});

test('EndedCalls carries calls out when its folder cannot be written, and reports that once', async () => {
  writeFileSync(folder, 'no folder');
  const process = startProcess();
  expect(await process.noted(loadCall('a'), done)).toBe('done');
  expect(await process.noted(answer('a'), done)).toBe('done');
  process.unloaded('a');
  expect(unnoted).toHaveLength(1);
  excuseCall(folder);
});

test('EndedCalls ignores a damaged file', async () => {
  endAt(loadCall('a'), ENDED_LOAD_LIMIT);
  await expect(startProcess().noted(loadCall('a'), done)).rejects.toThrow('in a row');
  writeFileSync(join(folder, 'ended'), '[["a",');
  expect(await startProcess().noted(loadCall('a'), done)).toBe('done');
  expect(unnoted).toEqual([]);
});
