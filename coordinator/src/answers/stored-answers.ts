/** The tables of answers in a folder, as they lie on disk. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toLyceumError } from '@lyceum/proto';
import type { Logger } from 'pino';
import { readHeaderText } from './answer-file-header.js';
import { type AnswerTableKey, parseTableKey, TABLE_EXTENSION } from './answer-table-key.js';
import type { StoredTable } from './eviction.js';

/** A table as it lies on disk, open or not. */
export interface StoredAnswers extends StoredTable {
  readonly key: AnswerTableKey;
}

/** The folder's tables, by file name. Any other file is left alone, and logged. */
export async function storedAnswers(
  folder: string,
  log: Logger,
): Promise<Map<string, StoredAnswers>> {
  const stored = new Map<string, StoredAnswers>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith(TABLE_EXTENSION)) continue;
    const path = join(folder, name);
    try {
      const key = parseTableKey(await readHeaderText(path));
      const { size, mtimeMs } = await stat(path);
      stored.set(name, { name, key, sizeBytes: size, lastUsedAtMs: mtimeMs });
    } catch (thrown) {
      log.warn({ err: toLyceumError(thrown), path }, 'file skipped: it is no table of answers');
    }
  }
  return stored;
}
