/** A session on stand-in calls, which keep what is sent and end as the test says. */
import { LyceumError } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/process/index.js';
import { LineOutbox } from '../../src/worker/line-outbox.js';
import { Session, type SessionOptions } from '../../src/worker/session.js';

interface Report {
  readonly $case: string;
}

class Call {
  /** What was sent, and `end` where the sending ended. */
  readonly heard: (string | undefined)[] = [];
  isCancelled = false;
  #wake = () => {};
  readonly #coming: (string | LyceumError | undefined)[] = [];

  /** @param next - a message that arrives, or the error that ends the call; undefined: the call ends well. */
  say(next: string | LyceumError | undefined): void {
    this.#coming.push(next);
    this.#wake();
  }

  readonly incoming = this.#incoming();

  async send({ report }: { report?: Report | undefined }): Promise<void> {
    this.heard.push(report?.$case);
  }

  end(): void {
    this.heard.push('end');
  }

  cancel(): void {
    this.isCancelled = true;
    this.say(new LyceumError('CANCELLED', 'cancelled'));
  }

  async *#incoming(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      while (this.#coming.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const next = this.#coming.shift();
      if (next === undefined) return;
      if (next instanceof LyceumError) throw next;
      yield next;
    }
  }
}

let calls: Call[];
let assigned: string[];
let answered: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  assigned = [];
  answered = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function sessionWith(opened: SessionOptions<Report, string>['opened'] = async () => {}) {
  return new Session<Report, string>({
    coordinator: '127.0.0.1:7700',
    open: () => {
      calls.push(new Call());
      return calls.at(-1) as Call;
    },
    hello: { $case: 'hello' },
    opened,
    assigned: (assignment) => void assigned.push(assignment),
    answered: (isAnswered) => void answered.push(isAnswered),
    lines: new LineOutbox(),
    nowMs: () => Date.now(),
    random: () => 0,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
}

const settled = () => vi.advanceTimersByTimeAsync(0);

it('Session.lack is set until the coordinator answers, and again once the call has ended', async () => {
  const session = sessionWith(async ({ send }) => send({ $case: 'state' }));
  const held = session.start();
  await settled();
  expect(calls[0]?.heard).toEqual(['hello', 'state']);
  expect(session.lack).toBe('no session with the coordinator at 127.0.0.1:7700');
  calls[0]?.say('first');
  calls[0]?.say('second');
  await settled();
  expect(session.lack).toBeUndefined();
  expect(assigned).toEqual(['first', 'second']);
  calls[0]?.say(undefined);
  await settled();
  expect(session.lack).toMatch(/^no session/);
  expect(answered).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(1_000);
  calls[1]?.say(new LyceumError('ALREADY_EXISTS', 'another process has it'));
  await settled();
  expect(session.lack).toBe('another process has it');
  await session.stop();
  await held;
});

it('Session.stop lets `opened` send a last report, ends the call and follows no assignment', async () => {
  const session = sessionWith(async ({ send }, leaving) => {
    await new Promise((resolve) => leaving.addEventListener('abort', resolve));
    await send({ $case: 'done' });
  });
  const held = session.start();
  await settled();
  const stopped = session.stop();
  await settled();
  calls[0]?.say('too late');
  calls[0]?.say(undefined);
  await stopped;
  await held;
  expect(calls[0]?.heard).toEqual(['hello', 'done', 'end']);
  expect(assigned).toEqual([]);
});

it('Session.stop waits at most 2 s for a coordinator that does not end its side', async () => {
  const session = sessionWith();
  const held = session.start();
  await settled();
  const stopped = session.stop();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(calls[0]?.isCancelled).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
  await held;
  expect(calls[0]?.isCancelled).toBe(true);
});

it('Session cancels the call when `opened` fails', async () => {
  const session = sessionWith(async () => {
    throw new LyceumError('UNAVAILABLE', 'gone');
  });
  const held = session.start();
  await settled();
  expect(calls[0]?.isCancelled).toBe(true);
  await session.stop();
  await held;
});
