/** The parent's side of the guard, see `guard.ts`. */
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
    // Without the guard the cluster still works, but would go on running after its parent was killed.
    input.on('error', () => undefined);
    process.on('error', () => undefined);
  }

  /** @param lock - of the children's state folder: the guard holds it until the last child has ended. */
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

  /** Ends the guard, which first ends all children that are still watched. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#process;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    // Keeps this process alive until the guard has ended: nothing else may.
    this.#process.ref();
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#input.end();
    await exited;
  }
}
