/**
 * Reads a NATS server's first line, which needs no user and no certificate; then connects to see whether NATS lets
 * this user in.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { createLogger, type TlsIdentity } from '@lyceum/platform';
import {
  checkedAddress,
  connectNats,
  findNatsServer,
  hostOf,
  type NatsCredentials,
  portOf,
  shownAddress,
} from '@lyceum/platform/nats';
import { CONNECT_DEADLINE_MS, toLyceumError } from '@lyceum/proto';
import { z } from 'zod';
import type { NatsFacts } from './judge-nats.js';

const information = z.object({ version: z.string(), jetstream: z.boolean().default(false) });

interface NatsPlace {
  /** Undefined: no server was named. */
  readonly url: string | undefined;
  /** Whether workers are installed here, so that `coordinator up` can start a cluster. */
  readonly hasWorkers: boolean;
  readonly credentials: NatsCredentials | undefined;
  readonly tls: TlsIdentity | undefined;
}

export async function gatherNats(
  { url, hasWorkers, credentials, tls }: NatsPlace,
  env: NodeJS.ProcessEnv,
): Promise<NatsFacts> {
  if (url === undefined) {
    return hasWorkers ? { kind: 'own', program: findNatsServer(env) } : { kind: 'not needed' };
  }
  // Without user and password, since people send findings to others.
  const shown = shownAddress(url);
  try {
    checkedAddress(url);
    const { version, jetstream } = await greeting(url);
    const refusal = await refusalOf({ url, credentials, tls });
    return { kind: 'reached', url: shown, version, hasJetStream: jetstream, refusal };
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    return { kind: 'unreachable', url: shown, why };
  }
}

/** The first line that the server sends on every connection: `INFO {…}`. */
async function greeting(url: string): Promise<z.output<typeof information>> {
  const socket = connect({ host: hostOf(url), port: portOf(url), timeout: CONNECT_DEADLINE_MS });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('timeout', () => reject(new Error('no answer in time')));
      socket.once('close', () => reject(new Error('the connection was closed without an answer')));
      createInterface({ input: socket }).on('error', reject).once('line', resolve);
    });
    const [, json] = /^INFO (\{.*\})\s*$/.exec(line) ?? [];
    if (json === undefined) throw new Error('the program there is not NATS');
    return information.parse(JSON.parse(json));
  } finally {
    socket.destroy();
  }
}

async function refusalOf({
  url,
  credentials,
  tls,
}: Omit<NatsPlace, 'hasWorkers'> & { readonly url: string }) {
  try {
    const log = createLogger({ name: 'doctor', level: 'silent' });
    const nats = await connectNats({ url, name: 'doctor', log, credentials, tls });
    await nats.close();
    return undefined;
  } catch (err) {
    return toLyceumError(err).message;
  }
}
