/**
 * An NPZ on disk, read in parts: rows of arrays that may be larger than memory. Use it in threads: its reads are
 * synchronous.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LyceumError } from '@lyceum/proto';
import { type ArchiveBytes, type ByteSpan, type ZipLimits, zipSpans } from '../zip/index.js';
import { NPY_HEADER_MAX_BYTES, type NpyArray, npyValues, readNpyHeader } from './npy.js';
import { arrayMembers } from './npz.js';

/** The limits of a plain zip. Memory holds only what is asked for. */
const LIMITS: ZipLimits = { maxMembers: 65_535, maxBytes: 2 ** 32 - 1, compression: 'refused' };

/** One array in the NPZ. */
export interface ArrayOnDisk extends Omit<NpyArray, 'data'> {
  /** Entries [first, end) of the first dimension. */
  rows(first: number, end: number): NpyArray['data'];
}

export class NpzOnDisk {
  readonly #file: number;
  readonly #bytes: ArchiveBytes;
  readonly #spans: ReadonlyMap<string, ByteSpan>;
  readonly #what: string;

  /**
   * Call `close` afterwards.
   *
   * @param path - of a file whose digest was checked: checksums of members are not verified.
   * @throws {LyceumError} INVALID_ARGUMENT if the file is no archive.
   */
  constructor(path: string, what: string) {
    this.#what = what;
    this.#file = openSync(path, 'r');
    try {
      this.#bytes = bytesOf(this.#file);
      this.#spans = zipSpans(this.#bytes, LIMITS, what);
    } catch (err) {
      this.close();
      throw err;
    }
  }

  /** Names of the arrays. */
  get names(): string[] {
    return [...arrayMembers(this.#spans).keys()];
  }

  /** Undefined: there is no such array. @throws {LyceumError} INVALID_ARGUMENT if it cannot be read. */
  array(name: string): ArrayOnDisk | undefined {
    const span = this.#spans.get(`${name}.npy`);
    if (span === undefined) return undefined;
    const { start, end } = span;
    const what = `${this.#what}, ${name}`;
    const beginning = this.#bytes.subarray(start, Math.min(end, start + NPY_HEADER_MAX_BYTES));
    const { dtype, shape, byteCount, start: values } = readNpyHeader(beginning, what);
    if (end - start !== values + byteCount) {
      throw new LyceumError('INVALID_ARGUMENT', `${what}: has another length than its shape says`);
    }
    const [rowCount = 0] = shape;
    const rowBytes = rowCount === 0 ? 0 : byteCount / rowCount;
    const at = (row: number) => start + values + row * rowBytes;
    return {
      dtype,
      shape,
      rows: (first, last) => {
        if (first < 0 || first > last || last > rowCount) {
          throw new RangeError(`${what}: no rows ${first} to ${last} of ${rowCount}`);
        }
        return npyValues(dtype, this.#bytes.subarray(at(first), at(last)));
      },
    };
  }

  /** The whole of a member that is no array. */
  member(name: string): Buffer | undefined {
    const span = this.#spans.get(name);
    return span && this.#bytes.subarray(span.start, span.end);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function bytesOf(file: number): ArchiveBytes {
  const length = fstatSync(file).size;
  return {
    length,
    subarray(start, end) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(end, length) - start));
      for (let at = 0; at < bytes.length; ) {
        const count = readSync(file, bytes, at, bytes.length - at, start + at);
        if (count === 0) throw new LyceumError('INTERNAL', 'the file ended while it was read');
        at += count;
      }
      return bytes;
    },
  };
}
