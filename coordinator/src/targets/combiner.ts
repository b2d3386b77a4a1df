/**
 * Combines teachers' answers: at once what takes the event loop a moment, in a thread what takes longer. Either way
 * it is the same function of the same numbers, so the bits do not depend on where it ran.
 *
 * The thread starts when it is first needed and takes one request after another. Logits in shared memory reach it
 * without a copy.
 */
import { Worker } from 'node:worker_threads';
import {
  combineTargets,
  disagreements,
  type TargetPlan,
  type TeacherAnswers,
} from '@lyceum/learning/ensemble';
import { Thread } from '@lyceum/platform/threads';

/** Numbers of all teachers that are combined on the event loop, at most: about two milliseconds. */
const INLINE_NUMBERS = 96 * 1024;

export interface CombineRequest extends TeacherAnswers {
  readonly plan: TargetPlan;
}

export interface CombinedRows {
  /** One [rowCount, …] for each tensor of the plan, in its order. */
  readonly tensors: readonly Float32Array<ArrayBuffer>[];
  /** [teachers, rowCount], as `disagreements` gives them. */
  readonly disagreements: Int8Array<ArrayBuffer>;
}

export interface CombineCalls {
  combine(request: CombineRequest): CombinedRows;
}

export function combineRows({ plan, ...answers }: CombineRequest): CombinedRows {
  const tensors = combineTargets(plan, answers);
  return { tensors, disagreements: disagreements(plan, answers, tensors) };
}

export class Combiner {
  #thread: Thread<CombineCalls> | undefined;

  /**
   * {@link combineRows}, wherever it is done.
   *
   * @param request - its logits must stay as they are until the promise settles.
   * @throws {LyceumError} as `combineTargets` does; CANCELLED if the combiner is closed meanwhile.
   */
  async combine(request: CombineRequest): Promise<CombinedRows> {
    const { plan, teacherLogits, rowCount, classCount } = request;
    const numbers = plan.tensors.length * teacherLogits.length * rowCount * classCount;
    if (numbers <= INLINE_NUMBERS) return combineRows(request);
    this.#thread ??= this.#start();
    return this.#thread.call('combine', request);
  }

  async close(): Promise<void> {
    await this.#thread?.close('the coordinator is stopping');
  }

  #start(): Thread<CombineCalls> {
    // The built file, seen from src/ and from dist/ alike: Node cannot run the source.
    const worker = new Worker(new URL('../../dist/targets/combine-thread.js', import.meta.url));
    const thread = new Thread<CombineCalls>(worker, { name: 'the thread that combines' });
    // Whoever combines next starts another.
    void thread.died.then(() => {
      this.#thread = undefined;
    });
    return thread;
  }
}
