/**
 * Combines teachers' answers: at once what takes the event loop a moment, in a thread what takes longer. Either way
 * it is the same function of the same numbers, so the bits do not depend on where it ran.
 *
 * The thread starts when it is first needed and takes one request after another. Logits in shared memory reach it
 * without a copy.
 */
import { Worker } from 'node:worker_threads';
import { combineTargets, type TargetPlan, type TeacherAnswers } from '@lyceum/learning/ensemble';
import { type ErrorCode, LyceumError } from '@lyceum/proto';

/** Numbers of all teachers that are combined on the event loop, at most: about two milliseconds. */
const INLINE_NUMBERS = 96 * 1024;

export interface CombineRequest extends TeacherAnswers {
  readonly plan: TargetPlan;
}

export type CombineReply =
  | { readonly tensors: readonly Float32Array<ArrayBuffer>[] }
  | { readonly code: ErrorCode; readonly message: string };

interface Waiter {
  readonly resolve: (tensors: readonly Float32Array[]) => void;
  readonly reject: (err: unknown) => void;
}

/** One [rowCount, …] for each tensor of the plan, in its order. */
export function combineRows({ plan, ...answers }: CombineRequest): Float32Array<ArrayBuffer>[] {
  return combineTargets(plan, answers);
}

export class Combiner {
  #thread: Worker | undefined;
  /** In the order of their requests, which is that of the replies. */
  readonly #waiting: Waiter[] = [];

  /**
   * {@link combineRows}, wherever it is done.
   *
   * @param request - its logits must stay as they are until the promise settles.
   * @throws {LyceumError} as `combineTargets` does; CANCELLED if the combiner is closed meanwhile.
   */
  async combine(request: CombineRequest): Promise<readonly Float32Array[]> {
    const { plan, teacherLogits, rowCount, classCount } = request;
    const numbers = plan.tensors.length * teacherLogits.length * rowCount * classCount;
    if (numbers <= INLINE_NUMBERS) return combineRows(request);
    this.#thread ??= this.#start();
    const thread = this.#thread;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      thread.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#refuse(new LyceumError('CANCELLED', 'the coordinator is stopping'));
    await this.#thread?.terminate();
  }

  #start(): Worker {
    // The built file, seen from src/ and from dist/ alike: Node cannot run the source.
    const thread = new Worker(new URL('../../dist/targets/combine-thread.js', import.meta.url));
    thread.on('message', (reply: CombineReply) => {
      const waiter = this.#waiting.shift();
      if ('tensors' in reply) waiter?.resolve(reply.tensors);
      else waiter?.reject(new LyceumError(reply.code, reply.message));
    });
    // Whoever combines next starts another.
    thread.on('error', (err) => this.#refuse(err));
    thread.on('exit', (code) => {
      this.#thread = undefined;
      this.#refuse(new Error(`the thread that combines ended with ${code}`));
    });
    return thread;
  }

  #refuse(err: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(err);
  }
}
