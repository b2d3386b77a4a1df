// Archives written piece by piece, or all members at once, compared with those of writeZip in memory.
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeZip } from '../../../src/files/zip/zip.js';
import { writeZipFile, ZipFile } from '../../../src/files/zip/zip-file.js';

const MEMBERS = new Map([
  ['b.npy', Uint8Array.from({ length: 1000 }, (_, i) => i % 251)],
  ['a/long/name.npy', Uint8Array.from({ length: 77 }, (_, i) => i)],
  ['empty', new Uint8Array(0)],
]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-zip-'));
});
afterEach(() => rm(folder, { recursive: true }));

const sizes = () => [...MEMBERS].map(([name, { length }]) => ({ name, sizeBytes: length }));

it('ZipFile and writeZipFile write the bytes of writeZip, with pieces in any order', async () => {
  const want = writeZip(MEMBERS);
  const path = join(folder, 'by-turns.zip');
  const file = await open(path, 'w');
  const zip = new ZipFile(file, sizes());
  for (let at = 0; at < 1000; at += 100) {
    for (const [name, bytes] of MEMBERS) await zip.append(name, bytes.subarray(at, at + 100));
  }
  await zip.finish();
  await file.close();
  expect((await readFile(path)).equals(want)).toBe(true);

  const whole = await open(join(folder, 'whole.zip'), 'w');
  const members = sizes().map((m) => ({ ...m, chunks: [MEMBERS.get(m.name) as Uint8Array] }));
  await writeZipFile(whole, members);
  await whole.close();
  expect((await readFile(join(folder, 'whole.zip'))).equals(want)).toBe(true);
});

it('ZipFile refuses members of another size than announced, and members too long for a zip', async () => {
  const file = await open(join(folder, 'wrong.zip'), 'w');
  const zip = new ZipFile(file, [{ name: 'a', sizeBytes: 3 }]);
  await zip.append('a', Uint8Array.of(1, 2));
  await expect(zip.finish()).rejects.toThrow('a should have 3 bytes, and has 2');
  await expect(zip.append('a', Uint8Array.of(3, 4))).rejects.toThrow('and has 4');
  expect(() => new ZipFile(file, [{ name: 'a', sizeBytes: 2 ** 32 }])).toThrow('too long');
  await file.close();
});
