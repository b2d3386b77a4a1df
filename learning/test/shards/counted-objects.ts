/** Files of a folder as objects under `s3://bucket/`. Every read is recorded, and a test may interfere. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { ObjectReader } from '../../src/shards/index.js';

export const BASE = 's3://bucket/';

export class CountedObjects implements ObjectReader {
  readonly #root: string;
  readonly reads: { readonly url: string; readonly start: number; readonly end: number }[] = [];
  /** Called before each read. If it throws, the read throws the same. */
  before: (url: string, signal: AbortSignal | undefined) => void | Promise<void> = () => undefined;

  constructor(root: string) {
    this.#root = root;
  }

  get bytes(): number {
    return this.reads.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  async read(
    url: string,
    { start, end }: { start: number; end: number },
    signal?: AbortSignal,
  ): Promise<Buffer> {
    this.reads.push({ url, start, end });
    await this.before(url, signal);
    const file = await open(join(this.#root, url.replace(BASE, '')));
    try {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(end - start),
        0,
        end - start,
        start,
      );
      if (bytesRead === end - start) return buffer;
      throw new LyceumError('FAILED_PRECONDITION', `${url}: ends at ${start + bytesRead}`);
    } finally {
      await file.close();
    }
  }
}
