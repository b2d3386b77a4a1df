/** A thread of `run-task.ts`: one task after another, each the function that the request names. */
import { parentPort } from 'node:worker_threads';
import { InvalidDocumentError, toLyceumError } from '@lyceum/proto';
import type { TaskReply, TaskRequest } from './run-task.js';

parentPort?.on('message', async (request: TaskRequest) => {
  parentPort?.postMessage(await replyTo(request));
});

async function replyTo({ file, name, request }: TaskRequest): Promise<TaskReply> {
  try {
    const functions = (await import(file)) as Record<string, (request: unknown) => unknown>;
    const task = functions[name];
    if (task === undefined) throw new Error(`${file} has no function ${name}`);
    return { answer: await task(request) };
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    const problems = thrown instanceof InvalidDocumentError ? thrown.problems : undefined;
    return { code, message, problems };
  }
}
