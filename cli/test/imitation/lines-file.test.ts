/** `LinesFile` on real files: after an editor, a kill or a full disk, and with locks of other processes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { LinesFile, parseLines } from '../../src/imitation/lines/index.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-lines-'));
const path = join(root, 'some.jsonl');
const lock = `${path}.lock`;
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of readdirSync(root)) rmSync(join(root, name));
});

const parse = (bytes: Buffer, source: string) =>
  parseLines(bytes, source, z.object({ n: z.number() }), 'want { n }');

async function written(...more: object[]): Promise<{ n: number }[]> {
  const { file, there } = await LinesFile.open(path, parse);
  await file.append(more);
  await file.close();
  return there;
}

it('LinesFile keeps a whole last line without a line end, and cuts off half a line', async () => {
  writeFileSync(path, '{"n":1}\n{"n":2}');
  expect(parse(readFileSync(path), path)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await written({ n: 3 })).toEqual([{ n: 1 }, { n: 2 }]);
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');

  writeFileSync(path, '{"n":1}\n{"n":2');
  expect(await written({ n: 3 })).toEqual([{ n: 1 }]);
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":3}\n');
});

it('LinesFile names a wrong last line without a line end, and refuses a file that cannot be read', async () => {
  writeFileSync(path, '{"n":1}\n{"m":2}');
  await expect(written()).rejects.toThrow(`${path}, line 2: want { n }. Mend or delete the line`);
  expect(readdirSync(root)).toEqual(['some.jsonl']);
  await expect(LinesFile.open(root, parse)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  rmSync(`${root}.lock`, { force: true });
});

it('LinesFile writes nothing more after a write failed on a full disk', async () => {
  const { file } = await LinesFile.open(path, parse);
  const handle = await open(path);
  const full = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  const append = vi.spyOn(prototype, 'appendFile').mockRejectedValueOnce(full);
  const both = [file.append([{ n: 1 }]), file.append([{ n: 2 }])];
  for (const own of both) {
    await expect(own).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  }
  await expect(file.append([{ n: 3 }])).rejects.toThrow();
  append.mockRestore();
  await handle.close();
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('');
  expect(readdirSync(root)).toEqual(['some.jsonl']);
});

it('LinesFile waits for the process id in a lock that another process is just making', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(lock, '');
    const opened = LinesFile.open(path, parse);
    // The first read of the lock has found it empty.
    setTimeout(() => writeFileSync(lock, String(other.pid)), 20);
    await expect(opened).rejects.toThrow(`process ${other.pid} is writing into ${path}`);
    expect(readFileSync(lock, 'utf8')).toBe(String(other.pid));
  } finally {
    other.kill('SIGKILL');
  }
});

it.each([
  ['of a process that is gone', '999999999'],
  ["of this process's number, from before", String(process.pid)],
  ['that a kill left empty', ''],
])('LinesFile takes over a lock %s', async (_, text) => {
  writeFileSync(lock, text);
  expect(await written({ n: 1 })).toEqual([]);
  expect(readdirSync(root)).toEqual(['some.jsonl']);
});
