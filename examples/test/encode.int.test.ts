/** `encode.py` against the encoder of students, for cells that the two languages write or read differently. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeSample, parseEncoding } from '@lyceum/learning/datasets';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ENCODE = fileURLToPath(new URL('../encode.py', import.meta.url));

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-encode-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Encoders of one column, by Python and here: from lines of JSON to rows. */
async function encoders(column: object) {
  const text = JSON.stringify({ kind: 'table', version: 1, columns: [column] });
  const file = join(folder, 'encoding.json');
  await writeFile(file, text);
  const encoding = parseEncoding(text);
  return {
    byPython(lines: readonly string[]): unknown[] {
      const input = `${lines.join('\n')}\n`;
      const printed = execFileSync('python3', [ENCODE, file], { input, stdio: 'pipe' }).toString();
      return printed.trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: short
    },
    here: (lines: readonly string[]) =>
      lines.map((line) => [...encodeSample(encoding, JSON.parse(line))]),
  };
}

test('encode.py finds the places of numbers that are categories', async () => {
  const cells = [0, -0, 2, 2.5, 1e-4, -1e-5, 1e-6, 1e-7, 1.5e-7, 1e16, 1e20, 1e21, 1.5e300, true];
  const values = [...new Set(cells.map(String))];
  const { byPython, here } = await encoders({ name: 'dose', kind: 'category', values });
  const lines = cells.map((dose) => JSON.stringify({ dose }));
  expect(byPython(lines)).toEqual(here(lines));
});

test.each(['1e39', '1e400', '"1e400"'])('encode.py refuses the number %s', async (cell) => {
  const column = { name: 'dose', kind: 'number', mean: 0, deviation: 1, missing: false };
  const { byPython, here } = await encoders(column);
  const lines = [`{"dose": ${cell}}`];
  expect(() => here(lines)).toThrow('want a number that float32 holds');
  expect(() => byPython(lines)).toThrow('OverflowError');
});
