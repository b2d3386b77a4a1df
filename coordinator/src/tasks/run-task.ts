/**
 * Runs computations in a few threads, so that the event loop stays free for the network. An idle thread is kept
 * a while for the next task: starting one takes longer than the tasks of a small run. A task waits while no
 * thread is free.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Thread } from '@lyceum/platform/threads';
import { InvalidDocumentError, LyceumError, toLyceumError } from '@lyceum/proto';

/** At least 2, so that a long task does not delay all others; at most 8, so that tasks do not take all memory. */
const THREADS_MAX = Math.min(8, Math.max(2, availableParallelism()));

/** How long an idle thread is kept. It holds about 30 MiB. */
const KEPT_MS = 30_000;

export interface TaskCalls {
  /**
   * @param file - the built module, as text.
   * @param name - of the module's function.
   */
  run(task: { file: string; name: string; request: unknown }): Promise<unknown>;
}

type TaskThread = Thread<TaskCalls>;

/** Threads without a task, each with the timer that ends it; the thread used last is at the end. */
const idle = new Map<TaskThread, NodeJS.Timeout>();
/** Tasks that wait for a thread. */
const waiting: ((thread: TaskThread) => void)[] = [];
let threadCount = 0;

/**
 * Runs a module's function in a thread. Request and answer are copied.
 *
 * @param file - the built module, by a path that is right from src/ and from dist/: Node cannot run the source.
 * @param name - of the function.
 * @param what - the task's subject, which begins the text of an error.
 * @throws {LyceumError} with the code and text of the function's error.
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
  // The thread is kept, but does not keep the process alive.
  thread.unref();
  const end = setTimeout(() => {
    idle.delete(thread);
    threadCount--;
    void thread.close();
  }, KEPT_MS);
  idle.set(thread, end.unref());
}
