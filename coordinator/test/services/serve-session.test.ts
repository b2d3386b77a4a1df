// Sessions of workers: reports come from a generator, and calls of handlers are listed.
import { createLogger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it, vi } from 'vitest';
import { serveSession } from '../../src/services/serve-session.js';
import { WorkerSessions } from '../../src/sessions/worker-sessions.js';

class FakeSession {
  readonly workerId = 'w1';
  readonly sessionKeyDigest = 'key';
  readonly #ended = new AbortController();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  end(reason: LyceumError): void {
    this.#ended.abort(reason);
  }

  environment(): object {
    return {};
  }
}

/** Reports are words: `hello NAME` opens a session. `calls` lists the calls of handlers. */
function cluster() {
  const calls: string[] = [];
  const stopping = new AbortController();
  const parts = {
    sessions: new WorkerSessions<FakeSession>(),
    stopping: stopping.signal,
    changed: () => calls.push('changed'),
    log: createLogger({ name: 'test', level: 'silent' }),
    steadyNow: () => 7,
  };
  const serve = (reports: AsyncIterable<string>): Promise<void> =>
    serveSession<string, FakeSession>(
      parts,
      {
        worker: 'teacher worker',
        open: (report) =>
          report.startsWith('hello ') ? new FakeSession(report.slice(6)) : undefined,
        tookOver: ({ name }) => calls.push(`took over from ${name}`),
        take: async ({ name }, report) => {
          await Promise.resolve();
          if (report === 'bad') throw new LyceumError('INVALID_ARGUMENT', 'a bad report');
          calls.push(`${name}: ${report}`);
        },
        gone: ({ name }) => calls.push(`${name} gone`),
      },
      reports,
    );
  return { calls, stopping, sessions: parts.sessions, serve };
}

/** Gives the words, and then stays open. */
async function* said(...words: string[]): AsyncGenerator<string> {
  yield* words;
  await new Promise(() => {});
}

async function* ending(...words: string[]): AsyncGenerator<string> {
  yield* words;
}

describe('serveSession', () => {
  it('refuses a session whose first report is not a hello', async () => {
    const { serve, calls } = cluster();
    await expect(serve(said('state'))).rejects.toThrow('must be its hello');
    await expect(serve(ending())).rejects.toThrow('must be its hello');
    expect(calls).toEqual([]);
  });

  it('handles reports in order, and reports the session gone when they end', async () => {
    const { serve, calls, sessions } = cluster();
    await serve(ending('hello a', 'one', 'two'));
    expect(calls).toEqual(['changed', 'a: one', 'a: two', 'a gone']);
    expect(sessions.lostAtMs('w1')).toBe(7);
  });

  it('ends a session with the error of a refused report', async () => {
    const { serve, calls } = cluster();
    await expect(serve(said('hello a', 'bad', 'two'))).rejects.toThrow('a bad report');
    expect(calls).toEqual(['changed', 'a gone']);
  });

  it('ends a session that a newer one of the same process takes over, without reporting it gone', async () => {
    const { serve, calls, sessions } = cluster();
    const first = serve(said('hello a'));
    await vi.waitFor(() => expect(sessions.get('w1')?.name).toBe('a'), { timeout: 60_000 });
    const second = serve(said('hello b'));
    await expect(first).rejects.toThrow('a newer session of w1 took over');
    expect(calls).toEqual(['changed', 'took over from a', 'changed']);
    sessions.get('w1')?.end(new LyceumError('UNAVAILABLE', 'over'));
    await expect(second).rejects.toThrow('over');
    expect(calls.at(-1)).toBe('b gone');
  });

  it('ignores reports of a session that was taken over', async () => {
    const { serve, calls, sessions } = cluster();
    let say: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      say = resolve;
    });
    let isRead = false;
    async function* slow(): AsyncGenerator<string> {
      yield 'hello a';
      await late;
      yield 'late';
      yield 'later';
    }
    const reports = slow();
    const first = serve(reports);
    await vi.waitFor(() => expect(sessions.get('w1')?.name).toBe('a'), { timeout: 60_000 });
    void serve(said('hello b'));
    await expect(first).rejects.toThrow('took over');
    say();
    // The generator serves requests in turn, so this one comes after the session's own.
    await reports.next().then(() => {
      isRead = true;
    });
    expect([isRead, calls]).toEqual([true, ['changed', 'took over from a', 'changed']]);
  });

  it('ends a session when the coordinator stops', async () => {
    const { serve, calls, stopping, sessions } = cluster();
    const session = serve(said('hello a'));
    await vi.waitFor(() => expect(sessions.get('w1')?.name).toBe('a'), { timeout: 60_000 });
    stopping.abort(new LyceumError('UNAVAILABLE', 'the coordinator is stopping'));
    await expect(session).rejects.toThrow('is stopping');
    expect(calls.at(-1)).toBe('a gone');
  });
});
