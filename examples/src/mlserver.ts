/**
 * MLServer, from PyPI at the version of `real-servers/requirements.txt`, in a virtual environment in the cache folder.
 * It serves one linear model, whose weights can be changed with a restart of the process or without.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LyceumError } from '@lyceum/proto';

const run = promisify(execFile);

const FOLDER = fileURLToPath(new URL('../real-servers/', import.meta.url));
const MODEL = 'digits';

/** Python's imports take some seconds, on a busy machine a minute. */
const START_MS = 180_000;

export interface LinearWeights {
  /** [pixels][classes]. */
  readonly kernel: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

export class MlServer {
  readonly #program: string;
  readonly #folder: string;
  readonly #ports: readonly number[];
  #process: ChildProcess | undefined;

  private constructor(program: string, folder: string, ports: readonly number[]) {
    this.#program = program;
    this.#folder = folder;
    this.#ports = ports;
  }

  /**
   * Starts a server, and waits until it is ready. @throws {LyceumError} FAILED_PRECONDITION: what this machine lacks.
   */
  static async start(cacheFolder: string, weights: LinearWeights): Promise<MlServer> {
    const program = await installed(cacheFolder);
    const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-mlserver-'));
    const server = new MlServer(program, folder, await freePorts(3));
    await server.#writeSettings();
    await server.restart(weights);
    return server;
  }

  /** For `models push --inference`. */
  get url(): string {
    return `grpc://127.0.0.1:${this.#ports[1]}`;
  }

  /** Loads other weights in the same process, by MLServer's repository API. */
  async reload(weights: LinearWeights): Promise<void> {
    await this.#write('weights.json', weights);
    for (const verb of ['unload', 'load']) {
      const response = await fetch(this.#at(`repository/models/${MODEL}/${verb}`), {
        method: 'POST',
      });
      if (!response.ok)
        throw new Error(`MLServer cannot ${verb} the model: ${await response.text()}`);
    }
  }

  /** Starts a new process with other weights, at the same ports. */
  async restart(weights: LinearWeights): Promise<void> {
    await this.#end();
    await this.#write('weights.json', weights);
    // MLServer looks for the runtime beside the model.
    const child = spawn(this.#program, ['start', this.#folder], { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    this.#process = child;
    for (const endMs = Date.now() + START_MS; ; await pause(200)) {
      const ready = await fetch(this.#at(`models/${MODEL}/ready`)).catch(() => undefined);
      if (ready?.ok === true) return;
      if (child.exitCode === null && Date.now() < endMs) continue;
      const message = `MLServer did not become ready; try: ${this.#program} start ${this.#folder}`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async #writeSettings(): Promise<void> {
    const [http_port, grpc_port, metrics_port] = this.#ports;
    const ports = { host: '127.0.0.1', http_port, grpc_port, metrics_port };
    await this.#write('settings.json', { ...ports, parallel_workers: 0 });
    const tensor = (name: string, ...shape: number[]) => ({ name, datatype: 'FP32', shape });
    await this.#write('model-settings.json', {
      name: MODEL,
      implementation: 'linear_runtime.LinearRuntime',
      parameters: { uri: './weights.json' },
      inputs: [tensor('pixels', -1, 28, 28, 1)],
      outputs: [tensor('logits', -1, 10)],
    });
    await cp(path.join(FOLDER, 'linear_runtime.py'), path.join(this.#folder, 'linear_runtime.py'));
  }

  async #write(name: string, content: unknown): Promise<void> {
    await writeFile(path.join(this.#folder, name), JSON.stringify(content));
  }

  #at(place: string): string {
    return `http://127.0.0.1:${this.#ports[0]}/v2/${place}`;
  }
}

/** Returns the program's file. The first time, pip fetches about 330 MB. */
async function installed(cacheFolder: string): Promise<string> {
  const file = path.join(FOLDER, 'requirements.txt');
  const requirement = (await readFile(file, 'utf8')).trim();
  const folder = path.join(cacheFolder, 'python', requirement.replace('==', '-'));
  const program = path.join(folder, 'bin', 'mlserver');
  if (existsSync(program)) return program;
  process.stderr.write(`pip install ${requirement} …\n`);
  try {
    await mkdir(path.dirname(folder), { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', file]);
    return program;
  } catch (err) {
    await rm(folder, { recursive: true, force: true });
    const why = err instanceof Error ? err.message : String(err);
    const message = `real-servers needs python3 of 3.9 to 3.12 with venv and pip, and ${requirement} from PyPI: ${why}`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as { port: number }).port);
  for (const listener of listeners) listener.close();
  return ports;
}
