/** A worker thread, from its owner's side and from its own. */
import { parentPort, type Worker } from 'node:worker_threads';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { type Answer, type Arguments, Channel, type ChannelOptions, type Name } from './channel.js';

/** The thread ended by itself: it exited, ran out of memory, or had an uncaught error. */
export class ThreadDeathError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('INTERNAL', message, options);
  }
}

interface ThreadOptions extends ChannelOptions {
  /** The thread's name in errors: `the thread`. */
  readonly name: string;
  /** Functions that the thread may call. */
  readonly here?: object;
  /** Why the thread is useless after this error of a call: it `lost its GPU`; undefined: it goes on. */
  readonly uselessAfter?: (err: LyceumError) => string | undefined;
}

/**
 * Calls wait until the thread has loaded and offers its functions, so the answer to the first call shows that it is
 * ready. All calls fail with a {@link ThreadDeathError} if the thread ends by itself.
 */
export class Thread<There extends object> extends Channel<There> {
  /** Resolves if it ends by itself. */
  readonly died: Promise<ThreadDeathError>;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #uselessAfter: ThreadOptions['uselessAfter'];
  #die: (death: ThreadDeathError) => void = () => {};

  constructor(worker: Worker, options: ThreadOptions) {
    const { name, here = {}, uselessAfter } = options;
    super(worker, here, options);
    this.#worker = worker;
    this.#name = name;
    this.#uselessAfter = uselessAfter;
    this.died = new Promise((resolve) => {
      this.#die = (death) => {
        if (this.end(death)) resolve(death);
      };
      worker.on('error', (cause: Error) =>
        this.#die(
          new ThreadDeathError(`${name} failed: ${toLyceumError(cause).message}`, { cause }),
        ),
      );
      worker.on('exit', (code) => this.#die(new ThreadDeathError(`${name} ended with ${code}`)));
    });
  }

  /** @throws {LyceumError} as {@link Channel.call}; a {@link ThreadDeathError} if the thread is useless after it. */
  override async call<N extends Name<There>>(
    name: N,
    ...args: Arguments<There[N]>
  ): Promise<Answer<There[N]>> {
    try {
      return await super.call(name, ...args);
    } catch (thrown) {
      const why = this.#uselessAfter?.(thrown as LyceumError);
      if (why === undefined) throw thrown;
      void this.kill(why);
      throw new ThreadDeathError(`${this.#name} ${why}`, { cause: thrown });
    }
  }

  /** The thread keeps the process alive, which is the default. */
  ref(): void {
    this.#worker.ref();
  }

  /** The thread no longer keeps the process alive. */
  unref(): void {
    this.#worker.unref();
  }

  /** Ends the thread, even if it is busy, as if it had died by itself. @param why - `has hung`. */
  async kill(why: string): Promise<void> {
    this.#die(new ThreadDeathError(`${this.#name} ${why}`));
    await this.#worker.terminate();
  }

  /** Ends the thread, even if it is busy. Calls under way, and later ones, fail with CANCELLED. */
  async close(reason = `${this.#name} was closed`): Promise<void> {
    this.end(new LyceumError('CANCELLED', reason));
    await this.#worker.terminate();
  }
}

/**
 * To be called in a thread: lets its owner call these functions.
 *
 * @returns the owner's functions.
 */
export function offerToOwner<Here extends object, Owner extends object = object>(
  here: Here,
  options?: ChannelOptions,
): Channel<Owner> {
  if (parentPort === null) throw new Error('this file runs in a thread only');
  return new Channel(parentPort, here, options);
}
