/**
 * The files of a Parquet source: one file, or a folder of shards in Hugging Face's layout,
 * `data/train-00000-of-00002.parquet`, where the first word of a name is its split, or `train/0.parquet`. In the
 * layout of Spark and Hive, `year=2024/part-0.parquet`, folders are columns too. Links are followed: the cache of
 * `datasets` is made of links.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type SplitName, splitNamed } from '../../datasets/index.js';

export interface ParquetFile {
  readonly path: string;
  /** For messages: the path from the source on, if files lie in several folders. */
  readonly name: string;
  readonly split: SplitName | undefined;
  /** Values of the columns that folders stand for, the same in all rows of the file. */
  readonly partition: ReadonlyMap<string, string | null>;
}

/** Greatest depth of folders of partitions. */
const MAX_DEPTH = 16;

/** Some names also say which codec packed the pages. The file itself says it too. */
const NAME = /\.(parquet|parq|pq)(\.(gz|gzip|snappy|zst|zstd|br|brotli|lz4))?$/i;

/** `year=2024`. */
const PARTITION = /^([^=]+)=(.*)$/;
const NOTHING = '__HIVE_DEFAULT_PARTITION__';

/** @returns the files, sorted by name; may be empty. */
export async function parquetFiles(source: string): Promise<ParquetFile[]> {
  const own = { split: undefined, partition: new Map<string, string>() };
  if (!(await stat(source)).isDirectory())
    return isParquet(source) ? [{ path: source, name: basename(source), ...own }] : [];
  for (const folder of [source, join(source, 'data')]) {
    const names = (await readdir(folder).catch(() => [])).filter(isParquet).sort();
    if (names.length > 0) {
      return names.map((name) => ({
        ...own,
        path: join(folder, name),
        name,
        split: splitNamed(firstWord(name)),
      }));
    }
  }
  return filesBelow({ path: source, name: '', ...own }, 0);
}

/** Files in folders that are splits or partitions. Any other folder may hold another table. */
async function filesBelow(
  { path: folder, name: folderName, split, partition }: ParquetFile,
  depth: number,
): Promise<ParquetFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: ParquetFile[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const found = { path: join(folder, entry.name), name: join(folderName, entry.name) };
    if (!entry.isDirectory()) {
      if (depth > 0 && isParquet(entry.name)) files.push({ ...found, split, partition });
      continue;
    }
    const [, column, value = ''] = PARTITION.exec(entry.name) ?? [];
    const own = splitNamed(entry.name);
    if ((column ?? own) === undefined || depth === MAX_DEPTH) continue;
    const inner =
      column === undefined ? partition : new Map([...partition, [column, partitionValue(value)]]);
    files.push(
      ...(await filesBelow({ ...found, split: own ?? split, partition: inner }, depth + 1)),
    );
  }
  return files;
}

function partitionValue(text: string): string | null {
  if (text === NOTHING) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isParquet(name: string): boolean {
  return NAME.test(name) && !basename(name).startsWith('.');
}

function firstWord(name: string): string {
  return name.split(/[-_.]/, 1)[0] as string;
}
