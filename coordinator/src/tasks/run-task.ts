/**
 * Computations off the event loop, which answers the network: in a few threads, that are kept for the next task a while.
 * Starting one takes longer than the tasks of a small run. What finds no thread free waits for its turn.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Thread } from '@lyceum/platform/threads';
import { InvalidDocumentError, LyceumError, toLyceumError } from '@lyceum/proto';

/** A long task may not keep all others waiting, nor many tasks take all memory. */
const THREADS_MAX = Math.min(8, Math.max(2, availableParallelism()));

/** A thread without work holds some 30 MiB. */
const KEPT_MS = 30_000;

export interface TaskCalls {
  /**
   * @param file - the built module, as text.
   * @param name - of its function.
   */
  run(task: { file: string; name: string; request: unknown }): Promise<unknown>;
}

type TaskThread = Thread<TaskCalls>;

/** Threads without a task, the one that was used last at the end, and what ends them. */
const idle = new Map<TaskThread, NodeJS.Timeout>();
/** Tasks without a thread. */
const waiting: ((thread: TaskThread) => void)[] = [];
let threadCount = 0;

/**
 * Runs a module's function in a thread. Request and answer are copied.
 *
 * @param file - the built module, seen from src/ and from dist/ alike: Node cannot run the source.
 * @param name - of the function.
 * @param what - what to call the matter in an error.
 * @throws {LyceumError} what the function threw.
 */
export async function runTask<Request, Answer>(
  file: URL,
  name: string,
  request: Request,
  what: string,
): Promise<Answer> {
  const thread = await takeThread();
  try {
    return (await thread.call('run', { file: file.href, name, request })) as Answer;
  } catch (thrown) {
    if (thrown instanceof InvalidDocumentError) {
      throw new InvalidDocumentError(what, thrown.problems);
    }
    const { code, message } = toLyceumError(thrown);
    throw new LyceumError(code, `${what}: ${message}`, { cause: thrown });
  } finally {
    if (thread.isAlive) giveBack(thread);
  }
}

function takeThread(): TaskThread | Promise<TaskThread> {
  const [thread, end] = [...idle].at(-1) ?? [];
  if (thread !== undefined) {
    clearTimeout(end);
    idle.delete(thread);
    thread.ref();
    return thread;
  }
  if (threadCount < THREADS_MAX) return startThread();
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

function startThread(): TaskThread {
  const worker = new Worker(new URL('../../dist/tasks/task-thread.js', import.meta.url));
  const thread: TaskThread = new Thread(worker, { name: 'the thread' });
  threadCount++;
  void thread.died.then(() => {
    clearTimeout(idle.get(thread));
    idle.delete(thread);
    threadCount--;
    waiting.shift()?.(startThread());
  });
  return thread;
}

function giveBack(thread: TaskThread): void {
  const next = waiting.shift();
  if (next !== undefined) {
    next(thread);
    return;
  }
  // Kept, but not what keeps the process.
  thread.unref();
  const end = setTimeout(() => {
    idle.delete(thread);
    threadCount--;
    void thread.close();
  }, KEPT_MS);
  idle.set(thread, end.unref());
}
