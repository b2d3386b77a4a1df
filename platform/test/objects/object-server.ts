/** An HTTP server with one object that misbehaves as a test says, in ways that a well-made server cannot. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  served: ObjectServer,
) => unknown;

export class ObjectServer {
  bytes: Buffer;
  etag: string | undefined = '"first"';
  /** Answers for the next requests, one each; later requests are answered well. */
  readonly next: Answer[] = [];
  /** Requests so far: method, path, range, If-Match. */
  readonly asked: string[] = [];
  connectionCount = 0;
  readonly #server: Server;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#server = createServer((request, response) => {
      const { method, url, headers } = request;
      const conditions = [headers.range, headers['if-match']].map((text) => text ?? '-');
      this.asked.push([method, url, ...conditions].join(' '));
      const answer = this.next.shift() ?? serveWell;
      answer(request, response, this);
    });
    this.#server.on('connection', () => {
      this.connectionCount += 1;
    });
  }

  /** @returns the server's URL. */
  async listen(port = 0, host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, host, resolve));
    return `http://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Answers with ranges, If-Match and HEAD, as RFC 9110 describes them. */
export const serveWell: Answer = (request, response, { bytes, etag }) => {
  const { range, 'if-match': wanted } = request.headers;
  if (wanted !== undefined && wanted !== etag) {
    response.writeHead(412).end();
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const first = Number(from ?? 0);
  if (first >= bytes.length && range !== undefined) {
    response.writeHead(416).end();
    return;
  }
  const end = Math.min(to ? Number(to) + 1 : bytes.length, bytes.length);
  response.writeHead(range === undefined ? 200 : 206, {
    'content-length': end - first,
    ...(etag !== undefined && { etag }),
    ...(range !== undefined && { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes.subarray(first, end));
};

export function says(
  status: number,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Answer {
  return (_, response) => response.writeHead(status, headers).end(body);
}

/** A good answer whose connection ends after this many bytes of the body. */
export function cutAfter(byteCount: number): Answer {
  return piecewise((response, body) => {
    response.write(body.subarray(0, byteCount), () => setImmediate(() => response.destroy()));
  });
}

/** Sends this many bytes at a time. */
export function slowly(bytesAtOnce: number, everyMs: number): Answer {
  return piecewise((response, body) => {
    let at = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(at, at + bytesAtOnce));
      at += bytesAtOnce;
      if (at < body.length) return;
      clearInterval(timer);
      response.end();
    }, everyMs);
    response.on('close', () => clearInterval(timer));
  });
}

function piecewise(send: (response: ServerResponse, body: Buffer) => void): Answer {
  return (request, response, served) => {
    const { end } = response;
    response.end = ((body?: Buffer) => {
      response.end = end;
      if (Buffer.isBuffer(body)) send(response, body);
      else response.end();
      return response;
    }) as typeof end;
    serveWell(request, response, served);
  };
}
