/** Two sources that a small student learns in a second: sentences of two kinds, and people of two kinds. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImportOptions, importSource } from '@lyceum/learning/import';

const BERRIES = ['Erdbeere', 'Himbeere', 'Brombeere', 'Heidelbeere', 'Stachelbeere'];
const BIRDS = ['Rotkehlchen', 'Zaunkönig', 'Goldammer', 'Kleiber', 'Bachstelze'];
const SAMPLE_COUNT = 200;

export const SENTENCES = Array.from({ length: SAMPLE_COUNT }, (_, n) => {
  const words = n % 2 === 0 ? BERRIES : BIRDS;
  const word = (k: number) => words[(n * 3 + k * k + (n >> 3)) % words.length];
  return { text: `${word(0)} und ${word(1)}, Nr. ${n}`, label: n % 2 === 0 ? 'berry' : 'bird' };
});

export const PEOPLE = Array.from({ length: SAMPLE_COUNT }, (_, n) => ({
  age: n % 11 === 0 ? null : 30 + (n % 2) * 12 + ((n * 7) % 13),
  city: ['Ulm', 'Bonn', 'Köln'][(n * 5 + (n % 2)) % 3],
  owner: n % 5 < 1 + (n % 2) * 2,
  label: n % 2 === 0 ? 'a' : 'b',
}));

/** The set's file, made of JSON lines. */
export async function importedBytes(
  folder: string,
  rows: readonly object[],
  options: ImportOptions,
): Promise<Buffer> {
  const scratch = await mkdtemp(join(folder, 'import-'));
  const source = join(scratch, 'rows.jsonl');
  await writeFile(source, rows.map((row) => JSON.stringify(row)).join('\n'));
  const places = { cacheFolder: folder, scratch };
  const { content } = await importSource(source, options, places);
  return readFile(content as string);
}
