/** Writes refused samples into a file, a JSON object a line, as they come: there may be any number. */
import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { fileError } from '@lyceum/platform';
import { LyceumError, type Problem, printableJson } from '@lyceum/proto';

/** Number of lines that are written together. */
const LINES_AT_ONCE = 1000;

export class RefusedList {
  readonly #path: string;
  readonly #file: number;
  #lines: string[] = [];

  /**
   * Replaces an earlier list, but no other file: the path may be the source's.
   *
   * @throws {LyceumError} ALREADY_EXISTS if another file is there; RESOURCE_EXHAUSTED if the disk is full;
   *   INVALID_ARGUMENT if the file cannot be written.
   */
  constructor(path: string) {
    this.#path = path;
    if (this.#do(() => isOtherFile(path))) {
      const message = `--refused ${path}: exists already and is not a list of refused samples; name another file`;
      throw new LyceumError('ALREADY_EXISTS', message);
    }
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
      const known = fileError('write', this.#path, err);
      if (known === undefined) throw err;
      throw new LyceumError(known.code, `--refused: ${known.message}`, { cause: err });
    }
  }
}

/** The beginning of each line. */
const LINE_START = '{"sample":';

/** Whether a file with other content is there. Pipes and terminals have nothing to lose. */
function isOtherFile(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(LINE_START.length);
    const length = readSync(file, start);
    return length > 0 && start.toString('latin1', 0, length) !== LINE_START;
  } finally {
    closeSync(file);
  }
}
