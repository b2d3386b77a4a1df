/** The parent's end of the guard, see `guard.ts`. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { FolderLock } from '@lyceum/platform';
import { programFile } from './program-files.js';

export class Guard {
  readonly #process: ChildProcess;
  readonly #input: Writable;

  private constructor(process: ChildProcess, input: Writable) {
    this.#process = process;
    this.#input = input;
    // Without the guard the cluster still works; only a killed parent would leave it behind.
    input.on('error', () => undefined);
    process.on('error', () => undefined);
  }

  /** @param lock - of what the children write to: held until the last of them has ended. */
  static start(lock?: Pick<FolderLock, 'fd'>): Guard {
    const child = spawn(process.execPath, [programFile('guard')], {
      stdio: ['pipe', 'ignore', 'ignore', lock?.fd ?? 'ignore'],
      detached: true,
    });
    child.unref();
    if (child.stdin === null) throw new Error('the guard has no standard input');
    return new Guard(child, child.stdin);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  watch(pid: number): void {
    this.#input.write(`+${pid}\n`);
  }

  forget(pid: number): void {
    this.#input.write(`-${pid}\n`);
  }

  /** Lets the guard go; it ends what is still watched. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#process;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    // Nothing else may be left that keeps this process waiting.
    this.#process.ref();
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#input.end();
    await exited;
  }
}
