/** Kills threads of this process during calls of given names. */
import { Worker } from 'node:worker_threads';

/** By name of a call: the numbers, from 1, of the calls that end their thread. */
type Victims = Readonly<Record<string, readonly number[]>>;

/** Long enough for a thread that has loaded to be in the middle of a call. */
const HEAD_START_MS = 1;

export class ThreadKiller {
  killed = 0;
  readonly #post = Worker.prototype.postMessage;

  constructor(victims: Victims) {
    const counts = new Map<string, number>();
    const post = this.#post;
    const killed = () => this.killed++;
    Worker.prototype.postMessage = function (this: Worker, message: { call?: string }, transfer) {
      post.call(this, message, transfer as []);
      const { call = '' } = message;
      const count = (counts.get(call) ?? 0) + 1;
      counts.set(call, count);
      if (victims[call]?.includes(count) !== true) return;
      killed();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HEAD_START_MS);
      // On a busy machine the thread may have answered by now.
      this.removeAllListeners('message');
      void this.terminate();
    };
  }

  stop(): void {
    Worker.prototype.postMessage = this.#post;
  }
}
