/** Programs that an example needs beside the cluster: each a process that prints its address as one JSON line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LyceumError } from '@lyceum/proto';

export class StartedProgram {
  readonly #child: ChildProcess;
  /** The JSON line that the program printed when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;

  private constructor(child: ChildProcess, ready: Readonly<Record<string, unknown>>) {
    this.#child = child;
    this.ready = ready;
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the program ends before it is ready; its stderr says why. */
  static async start(file: string, args: readonly string[]): Promise<StartedProgram> {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // The program ends with this process, unless SIGKILL ends this process.
    process.once('exit', () => child.kill('SIGKILL'));
    const line = new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => {
        const message = `${file} ended with ${code} before it was ready`;
        reject(new LyceumError('FAILED_PRECONDITION', message));
      });
    });
    return new StartedProgram(child, JSON.parse(await line));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}
