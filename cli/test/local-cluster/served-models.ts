/** A teacher worker that serves models from files, in a process of its own: an inference server like any other. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programFile } from '../../src/local-cluster/programs/program-files.js';

export interface ServedModels {
  /** `HOST:PORT` of gRPC. */
  readonly address: string;
  /** `HOST:PORT` of HTTP. */
  readonly httpAddress: string;
  /** Ends it at once, and waits until it is gone. */
  kill(): Promise<void>;
}

/** @param models - packages by name. @param address - of gRPC; port 0: a free one. */
export async function serveModels(
  models: Readonly<Record<string, Uint8Array>>,
  address = '127.0.0.1:0',
): Promise<ServedModels> {
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-served-'));
  const named: string[] = [];
  for (const [name, bytes] of Object.entries(models)) {
    const file = join(folder, `${name}.model`);
    await writeFile(file, bytes);
    named.push(`${name}=${file}`);
  }
  const http = ['--inference-http', '127.0.0.1:0'];
  const flags = ['--compute-threads', '1', '--inference', address, ...http];
  const program = [programFile('teacher-worker'), ...flags, 'serve', ...named];
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void exited.then(() => reject(new Error(`ended before it was ready:\n${log.join('\n')}`)));
  });
  const { inference, inferenceHttp } = JSON.parse(await ready) as Readonly<Record<string, string>>;
  await rm(folder, { recursive: true });
  return {
    address: inference ?? '',
    httpAddress: inferenceHttp ?? '',
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
