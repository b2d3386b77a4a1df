/** Serves the built site on loopback. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';

const PAGES = resolve(import.meta.dirname, '../../dist/pages');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

interface SiteServer {
  readonly url: string;
  close(): void;
}

export async function startSiteServer(): Promise<SiteServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://site');
    const wanted = join(PAGES, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    const isThere = existsSync(wanted) && statSync(wanted).isFile();
    const file = isThere ? wanted : join(PAGES, '404.html');
    response.statusCode = isThere ? 200 : 404;
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
