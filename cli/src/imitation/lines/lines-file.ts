/**
 * JSON lines that people may read and edit. One process at a time adds lines; a line counts once it is on the disk.
 */
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { utf8Text } from '@lyceum/learning/files';
import { readGivenIfThere, withPath } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { z } from 'zod';
import { releaseLock, takeLock } from './lock.js';

/** About the greatest length of a string in Node. */
const LINES_MAX_BYTES = 500 * 1024 ** 2;

/**
 * @param bytes - of the file. A last line without a line end counts if it is whole, as an editor may leave it; else
 *   its writing was never finished.
 * @param problem - text about a line that does not fit the schema: what it is not, and what would be right.
 * @throws {LyceumError} INVALID_ARGUMENT naming the line that is wrong, or is not UTF-8.
 */
export function parseLines<T>(
  bytes: Buffer,
  source: string,
  schema: z.ZodType<T>,
  problem: string,
): T[] {
  const text = utf8Text(bytes.subarray(0, endOfLines(bytes)), source);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = schema.safeParse(json(line)).data;
    if (parsed !== undefined) return [parsed];
    const message = `${source}, line ${index + 1}: ${problem}. Mend or delete the line`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  });
}

/** @returns undefined: there is no such file. @throws {LyceumError} saying why the file cannot be read. */
export function readLines(path: string): Buffer | undefined {
  return readGivenIfThere(path, LINES_MAX_BYTES, 'INVALID_ARGUMENT');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Index after the last whole line. An object that is cut short is no JSON. */
function endOfLines(bytes: Buffer): number {
  const end = bytes.lastIndexOf('\n') + 1;
  return typeof json(bytes.toString('utf8', end)) === 'object' ? bytes.length : end;
}

const LINE_END = 10;

/** The file, open for more lines by this process alone. */
export class LinesFile {
  readonly #file: FileHandle;
  readonly #path: string;
  #written: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens the file. A last line that a kill left unfinished is removed: it never counted.
   *
   * @param parse - reads the existing lines.
   * @throws {LyceumError} FAILED_PRECONDITION while another process writes the file; and all that `parse` throws.
   */
  static async open<T>(
    path: string,
    parse: (bytes: Buffer, source: string) => T,
  ): Promise<{ readonly file: LinesFile; readonly there: T }> {
    await takeLock(path);
    try {
      const bytes = readLines(path) ?? Buffer.alloc(0);
      const there = parse(bytes, path);
      const end = endOfLines(bytes);
      if (end < bytes.length) await truncate(path, end);
      const file = await withPath('write', path, () => open(path, 'a'));
      if (end > 0 && bytes[end - 1] !== LINE_END) await file.appendFile('\n');
      return { file: new LinesFile(file, path), there };
    } catch (err) {
      await releaseLock(path);
      throw err;
    }
  }

  /**
   * Resolves once the lines are on the disk. After a failed write nothing more is written: a full disk leaves half a
   * line, and a line after it would be lost too.
   */
  append(lines: readonly object[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const written = this.#written.then(() =>
      withPath('write', this.#path, async () => {
        await this.#file.appendFile(text);
        await this.#file.datasync();
      }),
    );
    this.#written = written;
    return written;
  }

  async close(): Promise<void> {
    // The call of `append` has already thrown this error.
    await this.#written.catch(() => undefined);
    await this.#file.close();
    await releaseLock(this.#path);
  }
}
