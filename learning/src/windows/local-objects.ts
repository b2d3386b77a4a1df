/** Files below the datasets root. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { ObjectReader } from './shards/index.js';

export function localObjects(root: string): ObjectReader {
  return {
    async read(url, { start, end }) {
      const file = await open(join(root, url)).catch((cause: Error) => {
        throw new LyceumError('NOT_FOUND', `${url}: cannot be read: ${cause.message}`, { cause });
      });
      try {
        const { bytesRead, buffer } = await file.read(
          Buffer.alloc(end - start),
          0,
          end - start,
          start,
        );
        if (bytesRead === end - start) return buffer;
        const message = `${url}: ends before byte ${end}`;
        throw new LyceumError('FAILED_PRECONDITION', message);
      } finally {
        await file.close();
      }
    },
  };
}
