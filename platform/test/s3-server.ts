/**
 * A real S3 server for a test: versitygw, which setup/versitygw.mjs builds with Go into the cache. Where it cannot be
 * built: moto, which accepts every secret and forgets all data at its end.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { pythonWith } from './python.js';

const VERSITYGW = fileURLToPath(new URL('../../setup/versitygw.mjs', import.meta.url));
const MOTO = ['moto[s3]==5.2.5', 'flask>=3,<4', 'flask-cors>=6,<7'];

/** Time to build or fetch the server where the cache does not have it. */
export const S3_SERVER_MS = 900_000;

export interface S3Server {
  readonly name: 'versitygw' | 'moto';
  /** `http://127.0.0.1:PORT`, for `--s3-endpoint`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** AWS's variables with credentials that may read and write. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder with the bucket's objects, as files named by their keys; undefined: they are in the server's memory. */
  readonly folder: string | undefined;
  /** Ends the server at once, whatever it does. */
  kill(): Promise<void>;
  /**
   * Starts it at the same address after `kill`. @param secret - that versitygw accepts from now on; default: as
   * before.
   */
  start(secret?: string): Promise<void>;
  /** Ends the server and removes all that it stored. */
  stop(): Promise<void>;
}

/** @returns the server, or why there is none. */
export async function startS3Server(): Promise<
  | { readonly server: S3Server; readonly lack: undefined }
  | { readonly server: undefined; readonly lack: string }
> {
  const built = await versitygw();
  if ('program' in built) return { server: await started('versitygw', built), lack: undefined };
  const python = await pythonWith('moto', MOTO, 'moto.server, flask_cors');
  if (python.lack !== undefined) {
    return { server: undefined, lack: `${built.lack}; ${python.lack}` };
  }
  const { packages } = python;
  return { server: await started('moto', { program: 'python3', packages }), lack: undefined };
}

async function versitygw(): Promise<{ program: string } | { lack: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [VERSITYGW]);
    return { program: stdout.trim() };
  } catch (err) {
    const { stderr = String(err) } = err as { stderr?: string };
    return { lack: stderr };
  }
}

async function started(
  name: S3Server['name'],
  { program, packages }: { readonly program: string; readonly packages?: string },
): Promise<S3Server> {
  const home = await mkdtemp(join(tmpdir(), 'lyceum-s3-'));
  const bucket = 'pictures';
  const folder = join(home, 'data', bucket);
  await mkdir(folder, { recursive: true });
  await mkdir(join(home, 'facts'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const [access, secret] = ['lyceum-test', randomBytes(20).toString('hex')];
  let child: ChildProcess | undefined;
  const run = (known: string): ChildProcess =>
    name === 'versitygw'
      ? spawn(
          program,
          [
            '--port',
            `127.0.0.1:${port}`,
            '--quiet',
            '--keep-alive',
            'posix',
            '--sidecar',
            join(home, 'facts'),
            join(home, 'data'),
          ],
          {
            stdio: 'ignore',
            env: { ...process.env, ROOT_ACCESS_KEY: access, ROOT_SECRET_KEY: known },
          },
        )
      : spawn(program, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
          stdio: 'ignore',
          env: { ...process.env, ...(packages !== undefined && { PYTHONPATH: packages }) },
        });
  const start = async (known = secret): Promise<void> => {
    const running = run(known);
    child = running;
    await answering(endpoint, running);
    if (name === 'moto') await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    name,
    endpoint,
    bucket,
    environment: {
      AWS_ACCESS_KEY_ID: access,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'us-east-1',
      // The server must not look for a cloud machine's credentials.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    folder: name === 'versitygw' ? folder : undefined,
    kill,
    start,
    stop: async () => {
      await kill();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server gives any answer. */
async function answering(endpoint: string, child: ChildProcess): Promise<void> {
  for (;;) {
    const end = child.exitCode ?? child.signalCode;
    if (end !== null) throw new Error(`${endpoint} ended with ${end}`);
    try {
      await (await fetch(endpoint)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export interface SlowedServer {
  readonly endpoint: string;
  /** Limit for each connection; Infinity: none. */
  bytesPerSecond: number;
  close(): void;
}

/** A proxy to a server, whose answers come as slowly as the test says. */
export async function startSlowedServer(endpoint: string): Promise<SlowedServer> {
  const { port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  const proxy = createTcpServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: Number(port) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      upstream.pause();
      client.write(chunk, () => {
        const waitMs = (chunk.length / slowed.bytesPerSecond) * 1000;
        setTimeout(() => upstream.resume(), waitMs).unref();
      });
    });
    upstream.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const slowed: SlowedServer = {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return slowed;
}
