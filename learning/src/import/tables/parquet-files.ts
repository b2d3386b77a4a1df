/**
 * The files of a Parquet source: one, or a folder of shards as Hugging Face lays them out,
 * `data/train-00000-of-00002.parquet`, where the first word of a name is its split.
 * Links are followed: the cache of `datasets` is made of them.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type SplitName, splitNamed } from '../../datasets/index.js';

export interface ParquetFile {
  readonly path: string;
  readonly split: SplitName | undefined;
}

/** @returns the files, sorted by name; none if there are none. */
export async function parquetFiles(source: string): Promise<ParquetFile[]> {
  if (!(await stat(source)).isDirectory())
    return isParquet(source) ? [{ path: source, split: undefined }] : [];
  for (const folder of [source, join(source, 'data')]) {
    const names = (await readdir(folder).catch(() => [])).filter(isParquet).sort();
    if (names.length > 0) {
      return names.map((name) => ({
        path: join(folder, name),
        split: splitNamed(firstWord(name)),
      }));
    }
  }
  return [];
}

function isParquet(name: string): boolean {
  return name.toLowerCase().endsWith('.parquet') && !basename(name).startsWith('.');
}

function firstWord(name: string): string {
  return name.split(/[-_.]/, 1)[0] as string;
}
