/**
 * One computation in a thread of its own: what takes long must not hold up the event loop that answers the
 * network. The thread's file calls {@link answerTask}; request and answer are copied.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import {
  type ErrorCode,
  InvalidDocumentError,
  LyceumError,
  type Problem,
  toLyceumError,
} from '@lyceum/proto';

type Reply<Answer> =
  | { readonly answer: Answer }
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly problems: readonly Problem[] | undefined;
    };

/**
 * Runs the thread `file`, a path below the sources, `runs/inspect-thread`.
 *
 * @param what - what to call the matter in an error.
 * @throws {LyceumError} what the thread threw.
 */
export function runTask<Request, Answer>(
  file: string,
  request: Request,
  what: string,
): Promise<Answer> {
  // The built file, seen from src/ and from dist/ alike: Node cannot run the source.
  const built = new URL(`../../dist/${file}.js`, import.meta.url);
  return new Promise((resolve, reject) => {
    const thread = new Worker(built, { workerData: request });
    thread.once('message', (reply: Reply<Answer>) => {
      if ('answer' in reply) resolve(reply.answer);
      else if (reply.problems !== undefined) reject(new InvalidDocumentError(what, reply.problems));
      else reject(new LyceumError(reply.code, `${what}: ${reply.message}`));
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`${what}: the thread ended with ${code}`)));
  });
}

/** What a thread's file does: answers the request that it was started with. */
export function answerTask<Request, Answer>(work: (request: Request) => Answer): void {
  parentPort?.postMessage(replyTo(work));
}

function replyTo<Request, Answer>(work: (request: Request) => Answer): Reply<Answer> {
  try {
    return { answer: work(workerData as Request) };
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    const problems = thrown instanceof InvalidDocumentError ? thrown.problems : undefined;
    return { code, message, problems };
  }
}
