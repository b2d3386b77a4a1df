/** JSON lines that people may read and edit, and that one process at a time adds to. What is added counts once it is on the disk. */
import { type FileHandle, open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { utf8Text } from '@lyceum/learning/files';
import { LyceumError } from '@lyceum/proto';
import type { z } from 'zod';

/**
 * @param bytes - of the file; what follows the last line end is a line that was never finished.
 * @param problem - of a line that is none of these, and what would be right.
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
    const parsed = parsedLine(line, schema);
    if (parsed !== undefined) return [parsed];
    const message = `${source}, line ${index + 1}: ${problem}. Mend or delete the line`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  });
}

function parsedLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Behind the last line end. */
function endOfLines(bytes: Buffer): number {
  return bytes.lastIndexOf('\n') + 1;
}

/** The file, open for more lines by this process alone. */
export class LinesFile {
  readonly #file: FileHandle;
  readonly #lock: string;
  #written: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, lock: string) {
    this.#file = file;
    this.#lock = lock;
  }

  /**
   * A line that a kill cut short is cut off: it never counted.
   *
   * @param parse - of the lines that are there.
   * @throws {LyceumError} FAILED_PRECONDITION while another process writes into it; whatever `parse` throws.
   */
  static async open<T>(
    path: string,
    parse: (bytes: Buffer, source: string) => T,
  ): Promise<{ readonly file: LinesFile; readonly there: T }> {
    const lock = `${path}.lock`;
    await takeLock(lock, path);
    try {
      const isThere = (await stat(path).catch(() => undefined)) !== undefined;
      const bytes = isThere ? await readFile(path) : Buffer.alloc(0);
      const there = parse(bytes, path);
      const end = endOfLines(bytes);
      if (end < bytes.length) await truncate(path, end);
      return { file: new LinesFile(await open(path, 'a'), lock), there };
    } catch (err) {
      await rm(lock, { force: true });
      throw err;
    }
  }

  /** Resolves once the lines are on the disk. */
  append(lines: readonly object[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const written = this.#written.then(async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    });
    // Who appends next waits for this one, but does not fail with it.
    this.#written = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#written;
    await this.#file.close();
    await rm(this.#lock, { force: true });
  }
}

/** Two processes would pay twice. The lock of a process that is gone counts for nothing. */
async function takeLock(lock: string, path: string): Promise<void> {
  for (let tries = 0; tries < 2; tries++) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'EEXIST')) throw err;
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && isAlive(holder)) {
      const message = `process ${holder} is writing into ${path}; wait for it, or end it`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    await rm(lock, { force: true });
  }
  throw new LyceumError('FAILED_PRECONDITION', `${lock} cannot be taken; another process is at it`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'EPERM';
  }
}
