/**
 * A folder with a table for each split, `train.csv` and `test.csv`; or a folder in the layout of Hugging Face's
 * `imagefolder`: `metadata.jsonl` or `metadata.csv` beside the pictures of each split, with the pictures' names in the
 * column `file_name`.
 */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { SPLIT_NAMES, type SplitName, splitNamed } from '../../datasets/index.js';
import type { Table, TableRow } from './table.js';
import { type TableFile, tableFileAt } from './table-files.js';

/** The column in metadata with a picture's file, relative to the table's folder. */
const FILE_NAME = 'file_name';
const METADATA = /^metadata\.(csv|jsonl)$/i;

interface Part {
  readonly file: TableFile;
  /** Path below the folder. */
  readonly path: string;
  readonly split: SplitName | undefined;
  /** What stands before the names of pictures. */
  readonly prefix: string;
}

/**
 * @param besidePictures - whether tables beside folders of splits count too; these folders may hold pictures.
 * @returns undefined if there are no such tables.
 * @throws {LyceumError} INVALID_ARGUMENT naming the table that cannot be read, or does not go with the others.
 */
export async function openTableFolder(
  folder: string,
  besidePictures: boolean,
): Promise<{ readonly kind: string; readonly table: Table } | undefined> {
  const metadata = await metadataParts(folder);
  const parts = metadata.length > 0 ? metadata : await splitParts(folder, besidePictures);
  const [first] = parts;
  if (first === undefined) return undefined;
  const { kind } = first.file;
  const other = parts.find(({ file }) => file.kind !== kind);
  if (other !== undefined) {
    throw refusal(`${folder}: ${first.path} is ${kind}, ${other.path} is not; want one kind`);
  }
  const tables: (Part & { readonly table: Table })[] = [];
  for (const part of parts) {
    tables.push({ ...part, table: await part.file.open(join(folder, part.path)) });
  }
  const columns = tables[0]?.table.columns ?? [];
  const areMetadata = metadata.length > 0;
  if (areMetadata && !columns.includes(FILE_NAME)) return undefined;
  const root = await realpath(folder);
  const rows = async function* (wanted: readonly string[]): AsyncGenerator<TableRow> {
    for (const { path, split, prefix, table } of tables) {
      const missing = wanted.find((column) => !table.columns.includes(column));
      if (missing !== undefined) {
        throw refusal(`${join(folder, path)}: has no column ${missing}, and ${first.path} has`);
      }
      for await (const { where, values } of table.rows(wanted)) {
        const name = values[FILE_NAME];
        const isName = areMetadata && typeof name === 'string' && name !== '';
        const own = isName ? { ...values, [FILE_NAME]: join(prefix, name) } : values;
        yield { where: `${path} ${where}`, values: own, split };
      }
    }
  };
  const table = { columns, rows, folder: root, ...(areMetadata && { image: FILE_NAME }) };
  return { kind, table };
}

async function metadataParts(folder: string): Promise<Part[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter(({ name }) => splitNamed(name) !== undefined);
  const places = ['', ...folders.filter((entry) => entry.isDirectory()).map(({ name }) => name)];
  const parts: Part[] = [];
  for (const place of places) {
    const names = (await readdir(join(folder, place))).filter((name) => METADATA.test(name)).sort();
    for (const name of names) {
      const file = tableFileAt(name);
      if (file === undefined) continue;
      parts.push({ file, path: join(place, name), split: splitNamed(place), prefix: place });
    }
  }
  return bySplit(parts);
}

async function splitParts(folder: string, besidePictures: boolean): Promise<Part[]> {
  for (const place of ['', 'data']) {
    const entries = await readdir(join(folder, place), { withFileTypes: true }).catch(() => []);
    const isSplit = (name: string) => splitNamed(name.split(/[-_.]/, 1)[0] as string) !== undefined;
    const parts = entries.flatMap((entry): Part[] => {
      const file = tableFileAt(entry.name);
      if (entry.isDirectory() || file === undefined || !isSplit(entry.name)) return [];
      const split = splitNamed(entry.name.split(/[-_.]/, 1)[0] as string);
      return [{ file, path: join(place, entry.name), split, prefix: '' }];
    });
    const hasFolders = entries.some((entry) => entry.isDirectory() && isSplit(entry.name));
    const isSet = parts.some(({ split }) => split === 'train') && (besidePictures || !hasFolders);
    if (isSet) return bySplit(parts);
  }
  return [];
}

/** Tables without a split first, then train; those of one split by path. The first table decides the columns. */
function bySplit(parts: readonly Part[]): Part[] {
  const place = ({ split }: Part) => (split === undefined ? -1 : SPLIT_NAMES.indexOf(split));
  return [...parts].sort((a, b) => place(a) - place(b) || (a.path < b.path ? -1 : 1));
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
