/**
 * A small OpenAI-compatible chat server over one GGUF model, for `explain`:
 *
 *     node chat-server.js PACKAGES MODEL.gguf PORT        POST /v1/chat/completions        GET / → { calls: 12 }
 *
 * PACKAGES is a folder in which npm has installed node-llama-cpp. One thread computes, one request at a time.
 */
import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { ChatRefused, completeChat } from './explain/chat-protocol.js';
import { llamaGenerator } from './explain/llama-generator.js';

/** A longer body is no prompt. */
const MAX_BYTES = 1024 * 1024;
const PATH = '/v1/chat/completions';

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new ChatRefused(`the body: want at most ${MAX_BYTES} bytes`);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    throw new ChatRefused('the body: want JSON');
  }
}

const [packages, modelFile, port] = process.argv.slice(2);
if (packages === undefined || modelFile === undefined || port === undefined) {
  throw new Error('usage: node chat-server.js PACKAGES MODEL.gguf PORT');
}
const generate = await llamaGenerator(packages, modelFile);
let calls = 0;
const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.method === 'GET') return answer(200, { calls });
  if (request.url !== PATH) return answer(404, { error: { message: `want POST ${PATH}` } });
  calls += 1;
  try {
    answer(200, await completeChat(await bodyOf(request), generate, () => randomInt(2 ** 31)));
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err);
    answer(err instanceof ChatRefused ? 400 : 500, { error: { message } });
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  const own = typeof address === 'object' ? address?.port : 0;
  process.stdout.write(`${JSON.stringify({ program: 'chat-server', port: own })}\n`);
});
