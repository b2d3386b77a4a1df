/** The main thread's handle of a thread with teachers: commands as promises. */
import { Worker } from 'node:worker_threads';
import { LyceumError } from '@lyceum/proto';
import type {
  ComputeCommand,
  ComputeDevice,
  ComputeReply,
  ComputeRequest,
  ComputeResults,
  ComputeSettings,
  RemoteSettings,
} from './protocol.js';
import { OutsideFailure } from './rows/index.js';

type ReadyReply = Extract<ComputeReply, { reply: 'ready' }>;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (err: LyceumError) => void;
}

export class Compute {
  readonly device: ComputeDevice;
  /** What the user should know of the engine. */
  readonly warnings: readonly string[];
  /** Resolves with the reason if the thread dies by itself; the worker cannot go on without it. */
  readonly died: Promise<Error>;
  readonly #thread: Worker;
  readonly #untraced: (identity: string, reason: string) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(
    thread: Worker,
    ready: ReadyReply,
    died: Promise<Error>,
    untraced: (identity: string, reason: string) => void,
  ) {
    this.#thread = thread;
    this.#untraced = untraced;
    this.device = ready.device;
    this.warnings = ready.warnings;
    this.died = died;
    thread.on('message', (reply: ComputeReply) => this.#settle(reply));
    void died.then((err) => {
      const failure = new LyceumError('INTERNAL', 'a thread with teachers died', { cause: err });
      for (const { reject } of this.#pending.values()) reject(failure);
      this.#pending.clear();
    });
  }

  /**
   * Starts a thread and opens its engine. `TF_…` variables must be set before.
   *
   * @param untraced - told why inferences of a teacher run operation by operation, if they do.
   * @throws whatever ended the thread, if it does not come up.
   */
  static async start(
    entry: 'compute-thread' | 'remote-thread',
    settings: ComputeSettings | RemoteSettings,
    untraced: (identity: string, reason: string) => void,
  ): Promise<Compute> {
    const thread = new Worker(new URL(`./${entry}.js`, import.meta.url), {
      workerData: settings,
    });
    const died = new Promise<Error>((resolve) => {
      thread.once('error', resolve);
      thread.once('exit', (code) => resolve(new Error(`the thread ended with code ${code}`)));
    });
    const ready = await Promise.race([
      new Promise<ReadyReply>((resolve) => {
        thread.once('message', (first: ReadyReply) => resolve(first));
      }),
      died.then((err) => Promise.reject(err)),
    ]);
    return new Compute(thread, ready, died, untraced);
  }

  /** @throws {LyceumError} what `Teachers.run` throws; INTERNAL if the thread died. */
  run<C extends ComputeCommand>(command: C): Promise<ComputeResults[C['command']]> {
    this.#lastId += 1;
    const request: ComputeRequest = { id: this.#lastId, command };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, {
        resolve: (result) => resolve(result as ComputeResults[C['command']]),
        reject,
      });
      this.#thread.postMessage(request);
    });
  }

  #settle(reply: ComputeReply): void {
    if (reply.reply === 'ready') return;
    if (reply.reply === 'untraced') {
      this.#untraced(reply.identity, reply.reason);
      return;
    }
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.reply === 'done') pending?.resolve(reply.result);
    else if (reply.outside) pending?.reject(new OutsideFailure(reply.message));
    else pending?.reject(new LyceumError(reply.code, reply.message));
  }
}
