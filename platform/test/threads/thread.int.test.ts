/** Real threads, which answer, fail and die as the test tells them. */
import { Worker } from 'node:worker_threads';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { afterEach, describe, expect, it } from 'vitest';
import { Thread, ThreadDeathError } from '../../src/threads/thread.js';

interface OddCalls {
  add(a: number, b: number): number;
  fail(what: 'lyceum' | 'document' | 'odd' | 'bug'): never;
  askOwner(question: string): Promise<string>;
  count(count: number): void;
  never(): Promise<never>;
  hang(): never;
  exit(): never;
  fillMemory(): never;
  throwLater(message: string): Promise<never>;
}

class OddError extends LyceumError {
  weight = 0;
}

const threads: Thread<OddCalls>[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

/** Whether the newest thread has ended. */
let exited = false;

function start(
  here: object = {},
  uselessAfter?: (err: LyceumError) => string | undefined,
): Thread<OddCalls> {
  const worker = new Worker(new URL('odd-thread.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 24 },
  });
  exited = false;
  worker.on('exit', () => {
    exited = true;
  });
  const thread = new Thread<OddCalls>(worker, {
    name: 'odd thread',
    here,
    kinds: [OddError],
    ...(uselessAfter && { uselessAfter }),
  });
  threads.push(thread);
  return thread;
}

const thrown = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'nothing',
    (err: unknown) => err,
  );

describe('Thread.call', () => {
  it('gives each call its own answer, also before the thread is ready', async () => {
    const thread = start();
    const answers = Array.from({ length: 20 }, (_, n) => thread.call('add', n, 1));
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  it('rejects with the code and the data of the thrown error, and the thread goes on', async () => {
    const thread = start();
    const lyceum = await thrown(thread.call('fail', 'lyceum'));
    expect(lyceum).toBeInstanceOf(LyceumError);
    expect(lyceum).toMatchObject({ code: 'NOT_FOUND', message: 'it is not there' });
    const document = await thrown(thread.call('fail', 'document'));
    expect(document).toBeInstanceOf(InvalidDocumentError);
    expect(document).toMatchObject({ problems: [{ path: 'a', message: 'is bad' }] });
    const odd = await thrown(thread.call('fail', 'odd'));
    expect(odd).toBeInstanceOf(OddError);
    expect(odd).toMatchObject({ code: 'ABORTED', retryable: false, weight: 7 });
    const bug = await thrown(thread.call('fail', 'bug'));
    expect(bug).toMatchObject({ code: 'INTERNAL', message: 'a bug' });
    expect(await thread.call('add', 1, 1)).toBe(2);
  });

  it('rejects when its arguments cannot be cloned, or the owner does not offer the function', async () => {
    const thread = start();
    await expect(thread.call('add', (() => 1) as unknown as number, 1)).rejects.toThrow('cloned');
    await expect(thread.call('askOwner', 'this')).rejects.toThrow('there is no function reply');
    expect(await thread.call('add', 1, 1)).toBe(2);
  });
});

describe('the owner of a thread', () => {
  it('is called by the thread, and its errors arrive there', async () => {
    const thread = start({
      reply(question: string) {
        if (question === '') throw new LyceumError('INVALID_ARGUMENT', 'ask something');
        return `yes to ${question}`;
      },
    });
    expect(await thread.call('askOwner', 'this')).toBe('the owner says yes to this');
    expect(await thrown(thread.call('askOwner', ''))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'ask something',
    });
  });

  it('is told things in order, all before the answer that follows them', async () => {
    const told: number[] = [];
    const thread = start({ counted: (n: number) => void told.push(n) });
    await thread.call('count', 100);
    expect(told).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });
});

describe('a thread that dies', () => {
  it.each<['exit' | 'fillMemory' | 'throwLater', string, string?]>([
    ['exit', 'odd thread ended with 3'],
    ['fillMemory', 'odd thread failed: Worker terminated due to reaching memory limit'],
    ['throwLater', 'odd thread failed: nobody catches this', 'nobody catches this'],
    ['throwLater', 'raise its limit (ulimit -n', 'Worker initialization failure: EMFILE'],
  ])(
    'rejects all present and later calls and names the reason: %s',
    async (way, message, thrownText = '') => {
      const thread = start();
      const calls = [thread.call('never'), thread.call(way, thrownText)].map(thrown);
      const death = await thread.died;
      expect(death).toBeInstanceOf(ThreadDeathError);
      expect(death).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining(message) });
      expect(await Promise.all(calls)).toEqual([death, death]);
      expect(await thrown(thread.call('add', 1, 1))).toBe(death);
      expect(thread.isAlive).toBe(false);
    },
  );

  it('rejects its calls when its owner kills it because it hangs', async () => {
    const thread = start();
    const calls = [thread.call('hang'), thread.call('add', 1, 1)].map(thrown);
    await thread.kill('has hung');
    expect(exited).toBe(true);
    const death = await thread.died;
    expect(death).toMatchObject({ code: 'INTERNAL', message: 'odd thread has hung' });
    expect(await Promise.all(calls)).toEqual([death, death]);
  });

  it('rejects its calls after an error that `uselessAfter` names, and goes on after others', async () => {
    const thread = start({}, ({ message }) => (message === 'a bug' ? 'lost its GPU' : undefined));
    expect(await thrown(thread.call('fail', 'lyceum'))).toMatchObject({ code: 'NOT_FOUND' });
    const calls = [thread.call('never'), thread.call('fail', 'bug')].map(thrown);
    const death = await thread.died;
    expect(death).toMatchObject({ code: 'INTERNAL', message: 'odd thread lost its GPU' });
    expect(await Promise.all(calls)).toEqual([death, death]);
    expect(thread.isAlive).toBe(false);
  });

  it('rejects its calls when its file fails at the start', async () => {
    const thread = new Thread<OddCalls>(new Worker('throw new Error("no file")', { eval: true }), {
      name: 'it',
    });
    expect(await thrown(thread.call('add', 1, 1))).toMatchObject({ message: 'it failed: no file' });
  });
});

it('Thread.close cancels present and later calls, and does not count as a death', async () => {
  const thread = start();
  const calls = [thread.call('add', 1, 1), thread.call('never')].map(thrown);
  await thread.close('it is late');
  expect(exited).toBe(true);
  expect(await Promise.all(calls)).toMatchObject([
    { code: 'CANCELLED', message: 'it is late' },
    { code: 'CANCELLED' },
  ]);
  expect(await thrown(thread.call('add', 1, 1))).toMatchObject({ code: 'CANCELLED' });
  expect(await Promise.race([thread.died, 'alive or closed'])).toBe('alive or closed');
});
