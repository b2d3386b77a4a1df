/** A thread of `run-task.ts`: for each task, it calls the function that the request names. */
import { offerToOwner } from '@lyceum/platform/threads';
import type { TaskCalls } from './run-task.js';

offerToOwner<TaskCalls>({
  async run({ file, name, request }) {
    const functions = (await import(file)) as Record<string, (request: unknown) => unknown>;
    const task = functions[name];
    if (task === undefined) throw new Error(`${file} has no function ${name}`);
    return task(request);
  },
});
