// The file is a stand-in whose sync fails.
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
