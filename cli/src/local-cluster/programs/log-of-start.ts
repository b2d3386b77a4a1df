/** What a program has logged since its last start: each start appends to the same log file. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const SHOWN_LINES = 8;

/** Enough for {@link SHOWN_LINES} long lines. */
const END_BYTES = 32 * 1024;

export class LogOfStart {
  readonly #file: string;
  readonly #startByte: number;

  /** @param startByte - size of the file when the program was started. */
  constructor(file: string, startByte: number) {
    this.#file = file;
    this.#startByte = startByte;
  }

  /** Size of the whole file; 0 if it was removed. */
  sizeBytes(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** The message of the last line; undefined: the log is empty, or the line has another form. */
  lastMessage(): string | undefined {
    try {
      const line = this.#text().trimEnd().split('\n').at(-1) ?? '';
      const { msg } = JSON.parse(line) as { msg?: unknown };
      return typeof msg === 'string' ? msg : undefined;
    } catch {
      return undefined;
    }
  }

  /** The last lines and their file, for the end of a message. If the log cannot be read, the text says that. */
  end(): string {
    let text: string;
    try {
      text = this.#text().trimEnd();
    } catch (err) {
      return `${this.#file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    }
    if (text === '') return `it has written nothing to ${this.#file}`;
    const lines = text.split('\n').slice(-SHOWN_LINES);
    return `the end of ${this.#file}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }

  #text(): string {
    const fd = openSync(this.#file, 'r');
    try {
      const { size } = fstatSync(fd);
      // A shorter file was emptied meanwhile, as logrotate does with `copytruncate`.
      const start = size < this.#startByte ? 0 : this.#startByte;
      const from = Math.max(start, size - END_BYTES);
      const bytes = Buffer.alloc(Math.max(0, size - from));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
    } finally {
      closeSync(fd);
    }
  }
}
