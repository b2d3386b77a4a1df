/** An HTTP server in this process, which answers as the test says: an endpoint teacher for tests. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Endpoint {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends calls under way too. */
  close(): void;
}

/** @param answer - called once the request's body has come. */
export async function startEndpoint(
  answer: (body: string, response: ServerResponse, request: IncomingMessage) => unknown,
): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(Buffer.concat(parts).toString(), response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
