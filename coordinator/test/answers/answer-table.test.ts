// The file is a stand-in whose sync fails, or ends when the test says so.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SpareMemory } from '@lyceum/learning/records';
import { expect, it, vi } from 'vitest';
import type { AnswerFile } from '../../src/answers/answer-file.js';
import { AnswerTable } from '../../src/answers/answer-table.js';

it('AnswerTable closes its file even if its last sync fails', async () => {
  const close = vi.fn(async () => {});
  const file = {
    recordCount: 0,
    has: () => false,
    append: async () => {},
    sync: async () => {
      throw new Error('EIO');
    },
    close,
  };
  const table = new AnswerTable(
    file as unknown as AnswerFile,
    { sampleCount: 2 },
    new SpareMemory(0),
  );
  await table.put(Uint32Array.of(1), Uint32Array.of(0));
  await expect(table.close()).rejects.toThrow('EIO');
  expect(close).toHaveBeenCalledTimes(1);
});

it('AnswerTable.flush waits for a sync that another flush began', async () => {
  let end = () => {};
  const synced = new Promise<void>((resolve) => {
    end = resolve;
  });
  const sync = vi.fn(() => synced);
  const file = { recordCount: 0, has: () => false, append: async () => {}, sync };
  const table = new AnswerTable(
    file as unknown as AnswerFile,
    { sampleCount: 2 },
    new SpareMemory(0),
  );
  await table.put(Uint32Array.of(1), Uint32Array.of(0));
  let flushedCount = 0;
  const flushes = [1, 2].map(() => table.flush().then(() => flushedCount++));
  await nextTurn();
  expect([sync.mock.calls.length, flushedCount]).toEqual([1, 0]);
  end();
  await Promise.all(flushes);
  expect([sync.mock.calls.length, flushedCount]).toEqual([1, 2]);
});
