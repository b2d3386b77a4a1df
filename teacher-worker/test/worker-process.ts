/** Starts `dist/main.js` as users start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface WorkerProcess {
  readonly pid: number;
  /** HOST:PORT of the probes. */
  readonly http: string;
  /** HOST:PORT at which it serves its teachers, over gRPC and over HTTP; empty: it does not. */
  readonly inference: string;
  readonly inferenceHttp: string;
  /** The lines of its log. */
  readonly logs: string[];
  /** Exit code; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();

/** Resolves when the worker is ready; rejects with its logs if it ends before. */
export function startWorker(flags: readonly string[]): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [MAIN, '--compute-threads', '1', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const logs: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => logs.push(line));
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return new Promise((resolve, reject) => {
    void exited.then((code) => reject(new Error(`ended with ${code}:\n${logs.join('\n')}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      const { pid, http, ...served } = JSON.parse(line) as { pid: number; http: string } & {
        readonly [name: string]: string;
      };
      const { inference = '', inferenceHttp = '' } = served;
      const kill = (signal: NodeJS.Signals) => void child.kill(signal);
      resolve({ pid, http, inference, inferenceHttp, logs, exited, kill });
    });
  });
}

/** Ends workers that tests left running, and waits until none of them writes any more. */
export async function killWorkers(): Promise<void> {
  const exits = [...running].map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(exits);
}
