/** Objects stored as files of a folder, with a count of the bytes read. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Objects } from '@lyceum/platform/objects';
import { LyceumError } from '@lyceum/proto';

export interface FileObjects extends Objects {
  readBytes: number;
}

export function fileObjects(root: string): FileObjects {
  const facts = async (url: string) => {
    const found = await stat(join(root, url)).catch(() => undefined);
    if (found === undefined) throw new LyceumError('NOT_FOUND', `${url}: there is no such file`);
    return { sizeBytes: found.size, etag: `${found.size}-${found.mtimeMs}` };
  };
  const objects: FileObjects = {
    readBytes: 0,
    facts,
    async read(url, { start, end }) {
      const file = await open(join(root, url));
      try {
        const { buffer, bytesRead } = await file.read(
          Buffer.alloc(end - start),
          0,
          end - start,
          start,
        );
        objects.readBytes += bytesRead;
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async *stream(url) {
      for await (const chunk of createReadStream(join(root, url), { highWaterMark: 1000 })) {
        objects.readBytes += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    },
    async *list(prefix) {
      const options = { recursive: true, withFileTypes: true } as const;
      const entries = await readdir(join(root, prefix), options).catch(() => []);
      const urls = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort();
      for (const url of urls) yield { url, ...(await facts(url)) };
    },
    async write(url, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      await mkdir(dirname(join(root, url)), { recursive: true });
      await writeFile(join(root, url), Buffer.concat(parts));
      return facts(url);
    },
    async close() {},
  };
  return objects;
}
