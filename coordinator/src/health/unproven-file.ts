/**
 * Which tables end with answers that nobody has proven, on disk: a coordinator that starts later must not believe them.
 * Written before the first of them is stored; each write replaces the file.
 */
import { rename, writeFile } from 'node:fs/promises';
import { readIfThere, withRoom } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { type AnswerTableKey, parseTableKey, tableKeyText } from '../answers/index.js';

/** A table, and the first of its records that is not proven. */
export interface UnprovenTail {
  readonly key: AnswerTableKey;
  readonly first: number;
  /** When that was stored. */
  readonly sinceMs: number;
}

interface WaitingWrite {
  tails: readonly UnprovenTail[];
  readonly written: Promise<void>;
}

const entries = z.array(
  z.strictObject({ table: z.string(), first: z.int().min(0), sinceMs: z.number() }),
);

export class UnprovenFile {
  readonly #path: string;
  #writes: Promise<void> = Promise.resolve();
  /** What the write has that waits for the one under way. */
  #next: WaitingWrite | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the file is there and not what {@link UnprovenFile.write} wrote. */
  async read(): Promise<UnprovenTail[]> {
    const text = (await readIfThere(this.#path))?.toString() ?? '[]';
    try {
      return entries.parse(JSON.parse(text)).map(({ table, ...rest }) => ({
        key: parseTableKey(table),
        ...rest,
      }));
    } catch (cause) {
      throw new LyceumError('FAILED_PRECONDITION', `${this.#path} is damaged`, { cause });
    }
  }

  /** Resolves once it, or what came after it, is written: of those that wait for a write under way only the last is. */
  write(tails: readonly UnprovenTail[]): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.tails = tails;
      return this.#next.written;
    }
    const next: WaitingWrite = {
      tails,
      written: this.#writes.then(() => {
        this.#next = undefined;
        return this.#put(next.tails);
      }),
    };
    this.#next = next;
    this.#writes = next.written.catch(() => {});
    return next.written;
  }

  async #put(tails: readonly UnprovenTail[]): Promise<void> {
    const text = JSON.stringify(
      tails.map(({ key, first, sinceMs }) => ({ table: tableKeyText(key), first, sinceMs })),
    );
    const draft = `${this.#path}.part`;
    await withRoom(draft, () => writeFile(draft, text), text.length);
    await rename(draft, this.#path);
  }
}
