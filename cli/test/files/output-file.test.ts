// Output files, with real files in a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'; // biome-ignore format: one line
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile, writeNewFile, writeNewFiles } from '../../src/files/output-file.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** True for root of a machine, or of a container that has the right. */
function mayMount(): boolean {
  const place = mkdtempSync(path.join(tmpdir(), 'lyceum-mount-'));
  try {
    execFileSync('mount', ['--bind', place, place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(place);
  }
}

test('writeNewFile makes the folders above a file, and overwrites only if told to', async () => {
  const file = path.join(folder, 'a', 'b', 'student.json');
  await writeNewFile(file, 'one', false);
  await expect(writeNewFile(file, 'two', false)).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    message: `${file} exists already; --force overwrites it`,
  });
  await writeNewFile(file, 'three', true);
  expect(await readFile(file, 'utf8')).toBe('three');
});

test('writeNewFiles leaves no new file if one of several cannot be written', async () => {
  await writeFile(path.join(folder, 'old'), 'old');
  const at = (name: string) => path.join(folder, name);
  const files = new Map([
    [at('old'), 'one'],
    [at('new'), 'two'],
    [path.join(at('old'), 'below'), 'three'],
  ]);
  await expect(writeNewFiles(files, true)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await readdir(folder)).toEqual(['old']);
  files.delete(path.join(at('old'), 'below'));
  await writeNewFiles(files, true);
  expect(await readFile(at('new'), 'utf8')).toBe('two');
  await expect(writeNewFiles(files, false)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect((await readdir(folder)).sort()).toEqual(['new', 'old']);
});

test('writeNewFile names a folder in the place of a file, and a file in the place of a folder', async () => {
  await mkdir(path.join(folder, 'taken'));
  await writeFile(path.join(folder, 'file'), '');
  const taken = path.join(folder, 'taken');
  const below = path.join(folder, 'file', 'student.json');
  await expect(writeNewFile(taken, 'x', true)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `cannot write ${taken}: it is a folder; name a file (EISDIR)`,
  });
  for (const overwrite of [true, false]) {
    await expect(writeNewFile(below, 'x', overwrite)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `cannot make the folder ${path.dirname(below)}: something else of that name is there; name another place, or remove it (EEXIST)`,
    });
  }
});

test('replaceFile keeps the old file if writing fails half way, and leaves no draft', async () => {
  const file = path.join(folder, 'report.html');
  const link = path.join(folder, 'latest.html');
  await writeFile(file, 'before');
  await symlink(file, link);
  const failing = replaceFile(link, async (place) => {
    await writeFile(place, 'half');
    throw new Error('no room');
  });
  await expect(failing).rejects.toThrow('no room');
  expect(await readFile(file, 'utf8')).toBe('before');
  expect((await readdir(folder)).sort()).toEqual(['latest.html', 'report.html']);

  await writeNewFile(link, 'after', true);
  expect(await readFile(file, 'utf8')).toBe('after');
  expect((await readdir(folder)).sort()).toEqual(['latest.html', 'report.html']);
});

test('replaceFile keeps the permissions of the file, and its draft has mode 600', async () => {
  const file = path.join(folder, 'private.key');
  for (const mode of [0o600, 0o444, 0o640]) {
    await writeFile(file, 'before');
    await chmod(file, mode);
    await replaceFile(file, async (place) => {
      await writeFile(place, 'after');
      expect((await stat(place)).mode & 0o777).toBe(0o600);
    });
    expect((await stat(file)).mode & 0o777).toBe(mode);
    expect(await readFile(file, 'utf8')).toBe('after');
    await rm(file);
  }
});

const MOUNTS = mayMount();

test.runIf(MOUNTS)('replaceFile writes into a file that is a mount point', async () => {
  const [file, below] = [path.join(folder, 'report.html'), path.join(folder, 'below.html')];
  await writeFile(file, '');
  await writeFile(below, 'before, and longer');
  execFileSync('mount', ['--bind', below, file]);
  try {
    await expect(replaceFile(file, () => Promise.reject(new Error('no room')))).rejects.toThrow(
      'no room',
    );
    expect(await readFile(below, 'utf8')).toBe('before, and longer');
    await writeNewFile(file, 'after', true);
    expect(await readFile(below, 'utf8')).toBe('after');
    expect((await readdir(folder)).sort()).toEqual(['below.html', 'report.html']);
  } finally {
    execFileSync('umount', [file]);
  }
});

test('writeNewFile replaces a file whose name has 255 letters', async () => {
  const file = path.join(folder, 'n'.repeat(255));
  for (const content of ['one', 'two']) await writeNewFile(file, content, true);
  expect(await readFile(file, 'utf8')).toBe('two');
});

test('replaceFile writes into a pipe, and keeps it if writing fails', async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const failing = replaceFile(pipe, async (place) => {
    expect(place).toBe(pipe);
    throw new Error('nobody reads');
  });
  await expect(failing).rejects.toThrow('nobody reads');
  expect((await stat(pipe)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['pipe']);
});
