/** Tells what a folder holds that should become a set, if no file's name in it says so. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { shownName } from '../files/index.js';
import { isIdxFolder } from './arrays/index.js';
import { ClassFolders, IMAGE_NAME, type SoughtFiles } from './images/index.js';
import { Ignored } from './samples/index.js';
import { parquetFiles, tableFileAt } from './tables/index.js';
import { TEXT_NAME } from './texts/index.js';

export const IMAGES: SoughtFiles = { name: IMAGE_NAME, words: 'images' };
export const TEXTS: SoughtFiles = { name: TEXT_NAME, words: 'texts' };

/** How many folders below are looked at for advice, and how many files. */
const LOOKED_AT = 200;
const SHOWN = 5;

/** Files that Hugging Face's `datasets` writes beside its data. */
const INFO = /^(dataset_info|dataset_infos|dataset_dict|state)\.json$/;

/**
 * @returns what the files in folders of classes are: `texts` if no picture is among them.
 * @throws {LyceumError} INVALID_ARGUMENT saying what is there, if it is neither.
 */
export async function folderContent(folder: string): Promise<'images' | 'texts'> {
  const entries = await readdir(folder);
  if (entries.length === 0 || entries.some((name) => IMAGE_NAME.test(name))) return 'images';
  if (await anyOf(folder, IMAGES)) return 'images';
  if (await anyOf(folder, TEXTS)) return 'texts';
  throw new LyceumError('INVALID_ARGUMENT', `${folder}: ${await advice(folder)}`);
}

async function anyOf(folder: string, sought: SoughtFiles): Promise<boolean> {
  const folders = await ClassFolders.open(folder, sought, new Ignored());
  const names = await readdir(folder, { withFileTypes: true });
  if (!names.some((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) return false;
  for await (const found of folders.files()) {
    if (!('refusal' in found)) return true;
  }
  return false;
}

async function advice(folder: string): Promise<string> {
  const found: string[] = [];
  const places = [folder];
  for (const place of places) {
    const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    for (const name of files.slice(0, SHOWN)) found.push(relative(folder, join(place, name)));
    if (files.some((name) => name.endsWith('.arrow'))) {
      return 'is of Arrow files, as save_to_disk of datasets writes them; want Parquet: to_parquet of each split, train.parquet and test.parquet';
    }
    const isSource = (await parquetFiles(place)).length > 0 || (await isIdxFolder(place));
    if (isSource && place !== folder) return `want the folder in it with the set: ${place}`;
    const tables = files.filter((name) => tableFileAt(name) !== undefined && !INFO.test(name));
    if (tables.length > 0) {
      const shown = tables.slice(0, SHOWN).map((name) => join(place, name));
      return `want one of its tables, ${shown.join(', ')}; with --image, if a column names images; or a table for each split in one folder, train.csv and test.csv`;
    }
    const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
    places.push(...inner.map(({ name }) => join(place, name)).slice(0, LOOKED_AT - places.length));
  }
  const shown = found.slice(0, SHOWN).map(shownName).join(', ');
  const what = shown === '' ? 'is empty' : `has no images and no texts (.txt); it has ${shown}`;
  return `${what}. Want a folder of images or texts a class, tables, Parquet or IDX files`;
}
