/** A thread of `run-task.ts`: one task after another, each in the file that the request names. */
import { parentPort } from 'node:worker_threads';
import { InvalidDocumentError, toLyceumError } from '@lyceum/proto';
import type { TaskReply, TaskRequest } from './run-task.js';

parentPort?.on('message', async (request: TaskRequest) => {
  parentPort?.postMessage(await replyTo(request));
});

async function replyTo({ file, request }: TaskRequest): Promise<TaskReply> {
  try {
    const { task } = (await import(file)) as { readonly task: (request: unknown) => unknown };
    return { answer: await task(request) };
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    const problems = thrown instanceof InvalidDocumentError ? thrown.problems : undefined;
    return { code, message, problems };
  }
}
