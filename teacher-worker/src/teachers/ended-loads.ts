/**
 * How often processes of this worker have ended, one after the other, while they opened a teacher. A model may end the library that
 * runs it, or take more memory than there is, and with it the process; a worker that opens it again at each start would answer
 * nobody. So the teacher that is being opened is noted on disk, and one that is noted too often is opened no more.
 */
import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, makeFolder, readIfThere } from '@lyceum/platform';
import { ThreadDeathError } from '@lyceum/platform/threads';
import { LyceumError, toLyceumError } from '@lyceum/proto';

/** Processes that somebody kills end so too, but hardly so many of them at one teacher. */
export const ENDED_LOAD_LIMIT = 5;

export class EndedLoads {
  readonly #folder: string;
  readonly #log: Logger;
  #opening: string | undefined;

  /** @param folder - of this worker alone; it outlasts the process. */
  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Opens a teacher, noted meanwhile. A thread that ends with it takes the process along, so the note stays.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if {@link ENDED_LOAD_LIMIT} processes have ended with it; what `open` throws.
   */
  async noted<T>(identity: string, open: () => Promise<T>): Promise<T> {
    const ended = await this.#ended(identity);
    if (ended >= ENDED_LOAD_LIMIT) {
      const message = `this worker's process has ended ${ended} times in a row while it opened the model, which may end the library that runs it, or take more memory than there is; resume the run to have it tried again`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    await this.#note(identity, ended + 1);
    let hasThreadEnded = false;
    try {
      return await open();
    } catch (thrown) {
      hasThreadEnded = thrown instanceof ThreadDeathError;
      throw thrown;
    } finally {
      this.#opening = undefined;
      if (!hasThreadEnded) await this.forget(identity);
    }
  }

  /** Nothing counts against the teacher any more. */
  async forget(identity: string): Promise<void> {
    await this.#tolerant(() => rm(this.#file(identity), { force: true }));
  }

  /** This process ends because somebody wants it to: that says nothing against what it is opening. */
  stop(): void {
    if (this.#opening === undefined) return;
    const file = this.#file(this.#opening);
    void this.#tolerant(async () => rmSync(file, { force: true }));
  }

  async #ended(identity: string): Promise<number> {
    const text = await this.#tolerant(() => readIfThere(this.#file(identity)));
    // What a full disk left of a note counts as none.
    return /^[1-9]$/.test(`${text ?? ''}`) ? Number(`${text}`) : 0;
  }

  async #note(identity: string, count: number): Promise<void> {
    this.#opening = identity;
    await this.#tolerant(async () => {
      await makeFolder(this.#folder);
      await writeFile(this.#file(identity), String(count));
    });
  }

  /** A disk that takes no notes keeps no teacher from being opened. */
  async #tolerant<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      const err = toLyceumError(thrown);
      this.#log.warn({ err, folder: this.#folder }, 'opening of a teacher not noted');
      return undefined;
    }
  }

  #file(identity: string): string {
    return join(this.#folder, identity);
  }
}
