/** A real S3 server on this machine, with one bucket: versitygw, which setup/versitygw.mjs builds with Go. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sleep } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { NotHereError } from '../measuring/index.js';
import type { SetPlace } from './set-place.js';

const PROGRAM = fileURLToPath(new URL('../../../setup/versitygw.mjs', import.meta.url));
const BUCKET = 'pictures';
const LOOK_MS = 50;

export class S3Gateway {
  /** Place of shards in the bucket. */
  readonly place: SetPlace;
  /** Environment of programs that read the bucket. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: ChildProcess;

  private constructor(server: ChildProcess, endpoint: string, secret: string) {
    this.#server = server;
    const environment = {
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'us-east-1',
    };
    this.place = {
      prefix: `s3://${BUCKET}/`,
      objects: { datasetsRoot: undefined, s3Endpoint: endpoint, environment },
    };
    this.environment = { ...environment, LYCEUM_S3_ENDPOINT: endpoint };
  }

  /**
   * @param folder - folder that the server stores in.
   * @throws {NotHereError} if there is no versitygw, and it cannot be built.
   */
  static async start(folder: string, signal: AbortSignal): Promise<S3Gateway> {
    const program = await built(signal);
    const [data, facts] = [join(folder, 'buckets'), join(folder, 'facts')];
    await mkdir(join(data, BUCKET), { recursive: true });
    await mkdir(facts, { recursive: true });
    const address = `127.0.0.1:${await freePort()}`;
    const secret = randomBytes(20).toString('hex');
    const options = ['--port', address, '--quiet', '--keep-alive'];
    const server = spawn(program, [...options, 'posix', '--sidecar', facts, data], {
      stdio: 'ignore',
      env: { ...process.env, ROOT_ACCESS_KEY: 'bench', ROOT_SECRET_KEY: secret },
    });
    const gateway = new S3Gateway(server, `http://${address}`, secret);
    try {
      await gateway.#answering(`http://${address}`, signal);
    } catch (thrown) {
      await gateway.stop();
      throw thrown;
    }
    return gateway;
  }

  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const ended = once(this.#server, 'exit');
    this.#server.kill('SIGKILL');
    await ended;
  }

  /** The server's exit code, or the signal that killed it; undefined: it runs. */
  get #end(): number | string | undefined {
    return this.#server.exitCode ?? this.#server.signalCode ?? undefined;
  }

  /** Waits until the server answers, with any status. */
  async #answering(endpoint: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (this.#end !== undefined) {
        throw new LyceumError('UNAVAILABLE', `versitygw ended with ${this.#end}`);
      }
      const answer = await fetch(endpoint, { signal }).catch(() => undefined);
      signal.throwIfAborted();
      if (answer !== undefined) return;
      await sleep(LOOK_MS, signal);
    }
  }
}

/** @returns the program's path. */
async function built(signal: AbortSignal): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { signal });
    return stdout.trim();
  } catch (thrown) {
    signal.throwIfAborted();
    const { stderr = '', message } = thrown as Error & { readonly stderr?: string };
    throw new NotHereError(stderr.trim() || message);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
