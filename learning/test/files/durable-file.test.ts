/** Simulates a full disk: the draft is a link to `/dev/full`, which takes no bytes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError, StorageFullError } from '@lyceum/proto';
import { afterAll, expect, test } from 'vitest';
import { writeDurably } from '../../src/files/index.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Linux only: other systems have no /dev/full.
test.runIf(existsSync('/dev/full'))(
  'writeDurably reports a full disk with the file, the bytes wanted and the bytes free',
  async () => {
    const file = join(folder, 'ledger');
    symlinkSync('/dev/full', `${file}.${process.pid}.tmp`);
    const failure = await writeDurably(file, 'größer').catch((err: unknown) => err);
    expect(failure).toBeInstanceOf(StorageFullError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        new RegExp(
          `^cannot write ${file}: no space left on device \\(ENOSPC\\); 8 bytes were wanted, and \\d+ are free`,
        ),
      ),
    });
  },
);

test('writeDurably into a missing folder does not report a full disk', async () => {
  const file = join(folder, 'missing', 'ledger');
  const failure = await writeDurably(file, '').catch((err: unknown) => err);
  expect(failure).not.toBeInstanceOf(StorageFullError);
  expect(failure).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(`${file} cannot be written`),
  });
});

test('writeDurably writes pieces as they come, and keeps no file if they throw', async () => {
  const own = mkdtempSync(join(folder, 'pieces-'));
  async function* pieces(failure?: Error) {
    yield Buffer.from('one ');
    yield Buffer.from('two');
    if (failure !== undefined) throw failure;
  }
  await writeDurably(join(own, 'whole'), pieces());
  const gone = new LyceumError('NOT_FOUND', 'the rest is gone');
  await expect(writeDurably(join(own, 'part'), pieces(gone))).rejects.toBe(gone);
  expect(readdirSync(own)).toEqual(['whole']);
  expect(readFileSync(join(own, 'whole'), 'utf8')).toBe('one two');
});
