/** A server of the Open Inference Protocol over HTTP with one model, `m`, computed by a function. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface JsonTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface JsonInput extends JsonTensor {
  /** Values row by row, not nested. */
  readonly data: readonly (number | string | boolean | null)[];
}

export interface JsonModel {
  readonly inputs: readonly JsonTensor[];
  readonly output: JsonTensor;
  /** @returns the values of the output, row by row. */
  readonly answer: (inputs: readonly JsonInput[], rows: number) => readonly number[];
}

export interface JsonServer {
  url: string;
  /** How many of the next requests are refused with `status`. */
  refusals: number;
  /** 503 by default. */
  status: number;
  close(): void;
}

export async function startJsonServer(model: JsonModel): Promise<JsonServer> {
  const started: JsonServer = {
    url: '',
    refusals: 0,
    status: 503,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server = createServer(async (request, response) => {
    if (started.refusals > 0) {
      started.refusals--;
      response.writeHead(started.status).end();
      return;
    }
    const document =
      request.method === 'POST'
        ? answered(model, await bodyOf(request))
        : told(model, request.url ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(started, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function answered({ output, answer }: JsonModel, body: string): object {
  const { inputs } = JSON.parse(body) as { inputs: JsonInput[] };
  const [rows = 0] = inputs[0]?.shape ?? [];
  const { name, datatype, shape } = output;
  const data = answer(inputs, rows);
  return { model_name: 'm', outputs: [{ name, datatype, shape: [rows, ...shape.slice(1)], data }] };
}

function told({ inputs, output }: JsonModel, path: string): object {
  if (path === '/v2') return { name: 'server', version: '1', extensions: [] };
  return { name: 'm', versions: ['1'], platform: 'test', inputs, outputs: [output] };
}
