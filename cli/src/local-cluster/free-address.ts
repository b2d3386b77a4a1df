/** Finds an address to listen at: the usual one, unless another program has it. */
import { createServer } from 'node:net';
import { parseAddress } from '@lyceum/platform';

/** @returns `wanted` if no program listens there, else the same host with port 0, which means a free port. */
export async function freeAddress(wanted: string): Promise<string> {
  const { host, port } = parseAddress(wanted);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
  if (!isFree) return `${host}:0`;
  await new Promise((resolve) => server.close(resolve));
  return wanted;
}
