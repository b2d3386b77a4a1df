/**
 * A black box in a process of its own, for `languages`: an HTTP server that asks an npm package in which language a
 * text is, and counts the requests.
 *
 *     node language-box.js franc|tinyld|eld [PORT]     POST / { text } → { language: "deu" }     GET / → { calls: 12 }
 *
 * franc answers with ISO 639-3 codes, or `und` if it does not know; the others with ISO 639-1 codes, or an empty text.
 */
import { createServer, type IncomingMessage } from 'node:http';

type Detector = (text: string) => string;

/** Only the named package is loaded: no teacher shares a process with another. */
const DETECTORS: Readonly<Record<string, () => Promise<Detector>>> = {
  franc: async () => {
    const { franc } = await import('franc');
    return (text) => franc(text);
  },
  tinyld: async () => {
    const { detect } = await import('tinyld');
    return (text) => detect(text);
  },
  eld: async () => {
    const { eld } = await import('eld/large');
    return (text) => eld.detect(text).language;
  },
};

/** A longer body is no sentence. */
const MAX_BYTES = 1024 * 1024;

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new Error(`want at most ${MAX_BYTES} bytes`);
  }
  const { text } = JSON.parse(Buffer.concat(parts).toString()) as { text: unknown };
  if (typeof text !== 'string') throw new Error('want { "text": "…" }');
  return text;
}

const [name = '', port = '0'] = process.argv.slice(2);
const load = DETECTORS[name];
if (load === undefined) throw new Error(`want one of ${Object.keys(DETECTORS).join(', ')}`);
const detect = await load();
let calls = 0;
const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json');
  if (request.method === 'GET') {
    response.end(JSON.stringify({ calls }));
    return;
  }
  try {
    calls += 1;
    response.end(JSON.stringify({ language: detect(await textOf(request)) }));
  } catch (err) {
    response.statusCode = 400;
    response.end(JSON.stringify({ error: err instanceof Error ? err.message : String(err) }));
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  const own = typeof address === 'object' ? address?.port : 0;
  process.stdout.write(`${JSON.stringify({ program: 'language-box', port: own })}\n`);
});
