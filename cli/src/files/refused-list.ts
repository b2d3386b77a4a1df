/** Samples that were refused, in a file: a JSON object a line. Written as they come, since there may be any number. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { LyceumError, type Problem, printableJson } from '@lyceum/proto';

/** Lines that are written together. */
const LINES_AT_ONCE = 1000;

export class RefusedList {
  readonly #path: string;
  readonly #file: number;
  #lines: string[] = [];

  /** @throws {LyceumError} INVALID_ARGUMENT if the file cannot be written. */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#do(() => openSync(path, 'w'));
  }

  /** @throws {LyceumError} as the constructor. */
  readonly add = ({ path, message }: Problem): void => {
    this.#lines.push(`${printableJson(JSON.stringify({ sample: path, message }))}\n`);
    if (this.#lines.length >= LINES_AT_ONCE) this.#flush();
  };

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    this.#do(() => writeFileSync(this.#file, this.#lines.join('')));
    this.#lines = [];
  }

  #do<T>(work: () => T): T {
    try {
      return work();
    } catch (err) {
      const cause = err instanceof Error ? err.message : String(err);
      const message = `--refused ${this.#path}: cannot be written: ${cause}`;
      throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
    }
  }
}
