/** Entries on a real disk, written at the same time. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { DiskCache } from '../../src/windows/cache/index.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-disk-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('DiskCache removes an entry that must go while it is being written', async () => {
  const warn = () => undefined;
  const cache = (await DiskCache.open({ folder, capacityBytes: 1000, warn })) as DiskCache;
  const [one, other] = ['a'.repeat(32), 'b'.repeat(32)];
  await Promise.all([
    cache.write(one, [Buffer.alloc(800)]),
    cache.write(other, [Buffer.alloc(900)]),
  ]);
  expect(await cache.read(one, [{ start: 0, end: 800 }])).toBeUndefined();
  expect(await cache.read(other, [{ start: 0, end: 900 }])).toHaveLength(1);
  expect(cache.ledger.usedBytes).toBe(900);
  expect(readdirSync(folder).filter((name) => name !== 'lock')).toEqual([`${other}-900`]);
  cache.close();
});
