/**
 * Computations off the event loop, which answers the network: in a few threads, that are kept for the next task a while.
 * Starting one takes longer than the tasks of a small run. What finds no thread free waits for its turn.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';

/** A long task may not keep all others waiting, nor many tasks take all memory. */
const THREADS_MAX = Math.min(8, Math.max(2, availableParallelism()));

/** A thread without work holds some 30 MiB. */
const KEPT_MS = 30_000;

export interface TaskRequest {
  /** Of the built module, as text. */
  readonly file: string;
  /** Of the function. */
  readonly name: string;
  readonly request: unknown;
}

export type TaskReply =
  | { readonly answer: unknown }
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly problems: readonly Problem[] | undefined;
    };

interface Task extends TaskRequest {
  /** What to call the matter in an error. */
  readonly what: string;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (err: Error) => void;
}

/** Threads without a task, the one that was used last at the end. */
const idle: TaskThread[] = [];
const waiting: Task[] = [];
let threadCount = 0;

/**
 * Runs a module's function in a thread. Request and answer are copied.
 *
 * @param file - the built module, seen from src/ and from dist/ alike: Node cannot run the source.
 * @param name - of the function.
 * @param what - what to call the matter in an error.
 * @throws {LyceumError} what the function threw.
 */
export function runTask<Request, Answer>(
  file: URL,
  name: string,
  request: Request,
  what: string,
): Promise<Answer> {
  return new Promise<unknown>((resolve, reject) => {
    waiting.push({ file: file.href, name, request, what, resolve, reject });
    startTasks();
  }) as Promise<Answer>;
}

function startTasks(): void {
  while (waiting.length > 0) {
    const thread = idle.pop() ?? (threadCount < THREADS_MAX ? new TaskThread() : undefined);
    if (thread === undefined) return;
    thread.take(waiting.shift() as Task);
  }
}

class TaskThread {
  readonly #worker = new Worker(new URL('../../dist/tasks/task-thread.js', import.meta.url));
  #task: Task | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor() {
    threadCount++;
    this.#worker.on('message', (reply: TaskReply) => this.#settle(reply));
    this.#worker.on('error', (err: Error) => this.#fail(err));
    this.#worker.on('exit', (code) => {
      threadCount--;
      this.#leaveIdle();
      this.#fail(new Error(`the thread ended with ${code}`));
      startTasks();
    });
  }

  take(task: Task): void {
    clearTimeout(this.#end);
    this.#worker.ref();
    this.#task = task;
    const { file, name, request } = task;
    this.#worker.postMessage({ file, name, request } satisfies TaskRequest);
  }

  #settle(reply: TaskReply): void {
    const task = this.#task as Task;
    this.#task = undefined;
    if ('answer' in reply) task.resolve(reply.answer);
    else task.reject(errorOf(task.what, reply));
    // Kept, but not what keeps the process.
    this.#worker.unref();
    this.#end = setTimeout(() => {
      this.#leaveIdle();
      void this.#worker.terminate();
    }, KEPT_MS).unref();
    idle.push(this);
    startTasks();
  }

  #fail(err: Error): void {
    this.#task?.reject(new Error(`${this.#task.what}: ${err.message}`, { cause: err }));
    this.#task = undefined;
  }

  #leaveIdle(): void {
    const index = idle.indexOf(this);
    if (index >= 0) idle.splice(index, 1);
  }
}

function errorOf(what: string, reply: Exclude<TaskReply, { readonly answer: unknown }>): Error {
  const { code, message, problems } = reply;
  if (problems !== undefined) return new InvalidDocumentError(what, problems);
  return new LyceumError(code, `${what}: ${message}`);
}
