/** readTextFile with real files, devices, sockets and pipes: the text, or the error message. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTextFile } from '../../src/files/text-file.js';
import { importDataset } from '../../src/import/arrays/import-dataset.js';
import { openJsonLinesTable } from '../../src/import/tables/json-lines-table.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-given-'));
const server = createServer();

beforeAll(() => new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve)));
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

it('readTextFile reads a file', () => {
  const file = join(root, 'text');
  writeFileSync(file, 'Käse');
  expect(readTextFile(file, 'NOT_FOUND')).toBe('Käse');
});

it('readTextFile stops at 16 MiB of an endless device', () => {
  expect(() => readTextFile('/dev/zero', 'NOT_FOUND')).toThrow(
    '/dev/zero is longer than 16777216 bytes, the most that are read',
  );
});

it('readTextFile reads from a pipe', () => {
  const module = new URL('../../dist/files/index.js', import.meta.url).href;
  const script = `import { readTextFile } from '${module}'; console.log(readTextFile('/dev/stdin', 'NOT_FOUND'));`;
  const piped = `printf some | "${process.execPath}" --input-type=module -e "$0"`;
  expect(execFileSync('sh', ['-c', piped, script], { encoding: 'utf8' })).toBe('some\n');
});

it.each([
  ['socket', 'it is a socket, or a device that is not there; name a file (ENXIO)'],
  ['.', 'it is a folder; name a file (EISDIR)'],
  ['nothing', 'it does not exist (ENOENT)'],
])('readTextFile of %s says why it cannot be read', (name, why) => {
  const file = join(root, name);
  expect(() => readTextFile(file, 'NOT_FOUND')).toThrow(`${file} cannot be read: ${why}`);
});

it('importing a data set that is a socket fails with a clear message', async () => {
  const why = 'it is a socket, or a device that is not there; name a file (ENXIO)';
  const [npz, lines] = [join(root, 'socket.npz'), join(root, 'socket.jsonl')];
  for (const file of [npz, lines]) symlinkSync(join(root, 'socket'), file);
  await expect(importDataset(npz, root)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `${npz} cannot be read: ${why}`,
  });
  await expect(openJsonLinesTable(lines)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `cannot read ${lines}: ${why}`,
  });
});
