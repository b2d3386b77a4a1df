/** Simulates a full disk: the draft is a link to `/dev/full`, which takes no bytes. */
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageFullError } from '@lyceum/proto';
import { afterAll, expect, test } from 'vitest';
import { writeDurably } from '../../src/files/index.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Other systems have no such device.
test.runIf(existsSync('/dev/full'))(
  'a full disk is told with the file, and with the room that was wanted',
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

test('what another place would put right is no full disk', async () => {
  const file = join(folder, 'missing', 'ledger');
  const failure = await writeDurably(file, '').catch((err: unknown) => err);
  expect(failure).not.toBeInstanceOf(StorageFullError);
  expect(failure).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(`${file} cannot be written`),
  });
});
