/** A run's events from a log in memory that counts the events read from it. */
import { createLogger, sleep } from '@lyceum/platform';
import type { EventLog, LoggedEvent } from '@lyceum/platform/nats';
import { RunEvent } from '@lyceum/proto';
import { afterEach, expect, test, vi } from 'vitest';
import { RunEvents } from '../../src/monitoring/run-events.js';

const signal = new AbortController().signal;

afterEach(() => void vi.useRealTimers());

class CountedLog implements EventLog {
  /** Events of all runs. */
  logged: LoggedEvent[] = [];
  sequence = 0;
  readCount = 0;

  async ensureStream(): Promise<void> {}

  async append(runId: string, event: RunEvent): Promise<void> {
    this.logged.push({
      event: RunEvent.fromPartial({ ...event, runId }),
      sequence: ++this.sequence,
    });
  }

  async *read(
    runId: string,
    { after = 0 }: { readonly after?: number },
  ): AsyncGenerator<LoggedEvent, void, undefined> {
    for (const one of this.logged) {
      if (one.event.runId !== runId || one.sequence <= after) continue;
      this.readCount++;
      yield one;
    }
  }

  async purge(runId: string): Promise<void> {
    this.logged = this.logged.filter(({ event }) => event.runId !== runId);
  }

  async runIds(): Promise<string[]> {
    return [];
  }
}

function opened() {
  const log = new CountedLog();
  let now = 0;
  const events = new RunEvents(log, createLogger({ name: 'test', level: 'silent' }), () => ++now);
  const add = async (runId: string, ...messages: string[]) => {
    for (const message of messages) events.add(runId, 'submitted', message);
    await events.settled();
  };
  const read = async (runId: string) => {
    const before = log.readCount;
    const messages: string[] = [];
    for await (const event of events.read(runId, { follow: false, signal })) {
      messages.push(event.message);
    }
    return { messages, cost: log.readCount - before };
  };
  return { log, events, add, read };
}

test('RunEvents reads only the newest event again of those that it has read before', async () => {
  const { add, read } = opened();
  await add('a', 'one', 'two');
  await add('b', 'other');
  expect(await read('a')).toEqual({ messages: ['one', 'two'], cost: 2 });
  expect(await read('a')).toEqual({ messages: ['one', 'two'], cost: 1 });
  await add('a', 'three');
  expect(await read('a')).toEqual({ messages: ['one', 'two', 'three'], cost: 2 });
  expect(await read('a')).toEqual({ messages: ['one', 'two', 'three'], cost: 1 });
  expect(await read('none')).toEqual({ messages: [], cost: 0 });
});

test('RunEvents returns no events of a purged run for a new run of its id', async () => {
  const { events, add, read } = opened();
  await add('a', 'one', 'two');
  await read('a');
  await events.purge('a');
  expect((await read('a')).messages).toEqual([]);
  await add('a', 'new');
  expect((await read('a')).messages).toEqual(['new']);
});

test('RunEvents reads all events again when the log has begun anew', async () => {
  const { log, add, read } = opened();
  await add('a', 'one', 'two');
  await read('a');
  log.logged = [];
  log.sequence = 0;
  await add('a', 'uno', 'due', 'tre');
  expect((await read('a')).messages).toEqual(['uno', 'due', 'tre']);
});

test('RunEvents remembers the events of the four runs read last', async () => {
  const { add, read } = opened();
  for (const id of ['a', 'b', 'c', 'd', 'e']) await add(id, 'one', 'two');
  for (const id of ['a', 'b', 'c', 'd', 'a', 'e']) await read(id);
  expect((await read('a')).cost).toBe(1);
  expect((await read('b')).cost).toBe(2);
});

test('RunEvents.settled waits at most some seconds for 100 events that NATS does not take', async () => {
  vi.useFakeTimers();
  const { log, events } = opened();
  log.append = () => sleep(5_000);
  for (let n = 0; n < 100; n++) events.add('a', 'checkpoint', `step ${n}`);
  let isSettled = false;
  const settled = events.settled().then(() => {
    isSettled = true;
  });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(isSettled).toBe(false);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(isSettled).toBe(true);
  await settled;
});
