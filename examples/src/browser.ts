/**
 * `npm run browser -- STUDENT [--port N]`: serves a page that reads drawn digits with a pulled student, on this
 * machine alone. STUDENT is a folder that `coordinator pull` wrote, `lyceum-demo/student` after the demo.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LyceumError, toLyceumError } from '@lyceum/proto';

const PAGE = fileURLToPath(new URL('../browser/', import.meta.url));
const TFJS = createRequire(import.meta.url).resolve('@tensorflow/tfjs/dist/tf.min.js');
const USAGE = 'usage: npm run browser -- STUDENT [--port N]\n';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.bin': 'application/octet-stream',
};

/** All paths that the server answers, each with its file. */
function served(student: string): ReadonlyMap<string, string> {
  return new Map([
    ['/', path.join(PAGE, 'index.html')],
    ['/digits.js', path.join(PAGE, 'digits.js')],
    ['/tf.min.js', TFJS],
    ...['model.json', 'weights.bin', 'settings.json'].map((file): [string, string] => [
      `/student/${file}`,
      path.join(student, file),
    ]),
  ]);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '8080' } },
  });
  const [student] = positionals;
  const port = Number(values.port);
  if (student === undefined || !Number.isInteger(port)) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const files = served(path.resolve(student));
  await readFile(files.get('/student/model.json') ?? '').catch((cause: unknown) => {
    const message = `there is no student in ${student}; write one with coordinator pull RUN --out ${student}`;
    throw new LyceumError('NOT_FOUND', message, { cause });
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    const file = files.get(pathname);
    const found = file === undefined ? Promise.reject(new Error(pathname)) : readFile(file);
    found.then(
      (bytes) => {
        response.setHeader('content-type', TYPES[path.extname(file ?? '')] ?? '');
        response.end(bytes);
      },
      () => {
        response.statusCode = 404;
        response.end();
      },
    );
  });
  server.on('error', fail);
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    const listening = typeof address === 'object' ? address?.port : port;
    process.stdout.write(`http://127.0.0.1:${listening}/\n`);
  });
}

function fail(thrown: unknown): void {
  process.stderr.write(`error: ${toLyceumError(thrown).message}\n`);
  process.exit(1);
}

main().catch(fail);
