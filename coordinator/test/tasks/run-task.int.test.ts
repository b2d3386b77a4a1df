/** Real threads, and a task that sleeps, returns its thread's id, fails or ends its thread. */
import { InvalidDocumentError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { runTask } from '../../src/tasks/run-task.js';

interface Request {
  readonly name?: string;
  readonly sleepMs?: number;
  readonly does?: 'fail' | 'refuse' | 'exit';
}

interface Answer {
  readonly name: string;
  readonly threadId: number;
}

const run = (request: Request) =>
  runTask<Request, Answer>(new URL('odd-task.js', import.meta.url), 'task', request, 'the matter');

test('runTask gives 40 tasks at once their own results, from at most 8 threads', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `task ${n}`);
  const answers = await Promise.all(names.map((name) => run({ name, sleepMs: 20 })));
  expect(answers.map(({ name }) => name)).toEqual(names);
  const threads = new Set(answers.map(({ threadId }) => threadId));
  expect(threads.size).toBeGreaterThan(1);
  expect(threads.size).toBeLessThanOrEqual(8);
});

test('runTask uses the same thread for the next task', async () => {
  const first = await run({});
  const second = await run({});
  expect(second.threadId).toBe(first.threadId);
});

test('runTask rejects with the error code of the task, and a message that names the subject', async () => {
  await expect(run({ does: 'fail' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'the matter: it is not there',
  });
  const refused = await run({ does: 'refuse' }).catch((err: unknown) => err);
  expect(refused).toBeInstanceOf(InvalidDocumentError);
  expect(refused).toMatchObject({ problems: [{ path: 'a.b', message: 'is bad' }] });
});

test('runTask fails only the task whose thread ends', async () => {
  const requests: Request[] = [{ does: 'exit', sleepMs: 50 }, ...Array(20).fill({ sleepMs: 5 })];
  const [ended, ...others] = await Promise.allSettled(requests.map(run));
  expect(ended).toMatchObject({
    status: 'rejected',
    reason: { message: 'the matter: the thread ended with 3' },
  });
  expect(others.map(({ status }) => status)).toEqual(Array(20).fill('fulfilled'));
  expect((await run({ name: 'after' })).name).toBe('after');
});
