/** A real `nats-server` for one test file, and a connection to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import {
  connectNats,
  findNatsServer,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';

export const silent = createLogger({ name: 'test', level: 'silent' });

export interface NatsOfItsOwn {
  readonly nats: Nats;
  readonly server: NatsServer;
  /** A temporary folder. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startNatsOfItsOwn(): Promise<NatsOfItsOwn> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-test-'));
  const storeDir = join(folder, 'nats');
  const server = await startNatsServer({ binary, storeDir, port: 0, log: silent });
  const nats = await connectNats({ url: server.url, name: 'test', log: silent });
  return {
    nats,
    server,
    folder,
    stop: async () => {
      await nats.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
