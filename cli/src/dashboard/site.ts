/** The page's files, read once and kept in memory: no request ever names a file on disk. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileError } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

export interface SiteFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  /** ETag of the content, in quotes. */
  readonly etag: string;
  readonly cacheControl: string;
}

/** By path, `/` and `/assets/index-1a2b.js`. */
export type Site = ReadonlyMap<string, SiteFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Names of these files contain a digest of their content. */
const HASHED = /^\/assets\//;

/** @throws {LyceumError} FAILED_PRECONDITION if the page was not built. */
export async function readSite(folder: string): Promise<Site> {
  const names = await filesIn(folder);
  const files = await Promise.all(
    names.map(
      async (name) =>
        [`/${name}`, siteFile(`/${name}`, await readFile(path.join(folder, name)))] as const,
    ),
  );
  const site = new Map(files);
  const index = site.get('/index.html');
  if (index === undefined) {
    const message = `there is no page in ${folder}: npm run build makes it`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  return site.set('/', index);
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .map((name) => name.split(path.sep).join('/'));
  } catch (err) {
    throw fileError('read', folder, err);
  }
}

function siteFile(name: string, body: Buffer): SiteFile {
  return {
    type: TYPES[path.extname(name)] ?? 'application/octet-stream',
    body,
    gzipped: gzipSync(body),
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    cacheControl: HASHED.test(name) ? 'private, max-age=31536000, immutable' : 'no-cache',
  };
}
