import { LOGGED_MAX_LINES, type LoggedLine, LogLevel } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineOutbox, sendLines } from '../../src/worker/line-outbox.js';

function line(message: string, runId = 'r1'): LoggedLine {
  return { atMs: 1, level: LogLevel.LOG_LEVEL_INFO, about: { $case: 'runId', runId }, message };
}

const texts = (lines: readonly LoggedLine[]) => lines.map(({ message }) => message);

describe('LineOutbox', () => {
  it('gives lines in order, at most LOGGED_MAX_LINES at once', () => {
    const outbox = new LineOutbox();
    for (let i = 0; i < LOGGED_MAX_LINES + 2; i++) outbox.add(line(`${i}`));
    expect(texts(outbox.take())).toEqual(
      Array.from({ length: LOGGED_MAX_LINES }, (_, i) => `${i}`),
    );
    expect(texts(outbox.take())).toEqual(['64', '65']);
    expect(outbox.take()).toEqual([]);
  });

  it('drops the oldest lines when it is full, and says for each run how many', () => {
    const outbox = new LineOutbox();
    for (let i = 0; i < 10; i++) outbox.add(line(`of another ${i}`, 'r2'));
    for (let i = 0; i < 100_000; i++) outbox.add(line(`${i}`));
    const [first, second, third] = outbox.take();
    expect(first?.about).toEqual({ $case: 'runId', runId: 'r2' });
    expect(first?.message).toContain('10 lines are left out here');
    expect(second?.message).toContain('99488 lines are left out here');
    expect(third?.message).toBe('99488');
    let count = 62;
    for (let batch = outbox.take(); batch.length > 0; batch = outbox.take()) {
      expect(batch.length).toBeLessThanOrEqual(LOGGED_MAX_LINES);
      count += batch.length;
    }
    expect(count).toBe(512);
  });
});

describe('sendLines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function sending() {
    const [outbox, leaving, closed] = [
      new LineOutbox(),
      new AbortController(),
      new AbortController(),
    ];
    const sent: string[][] = [];
    const signals = { leaving: leaving.signal, closed: closed.signal };
    const end = sendLines(outbox, signals, async (lines) => {
      sent.push(texts(lines));
    });
    return { outbox, leaving, closed, sent, end };
  }

  it('sends once a second, and a last time when the worker leaves', async () => {
    const { outbox, leaving, sent, end } = sending();
    outbox.add(line('a'));
    outbox.add(line('b'));
    await vi.advanceTimersByTimeAsync(999);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sent).toEqual([['a', 'b']]);
    outbox.add(line('c'));
    leaving.abort();
    await end;
    expect(sent).toEqual([['a', 'b'], ['c']]);
  });

  it('sends nothing to a session that has ended, and keeps the lines', async () => {
    const { outbox, closed, sent, end } = sending();
    outbox.add(line('a'));
    closed.abort();
    await end;
    expect(sent).toEqual([]);
    expect(texts(outbox.take())).toEqual(['a']);
  });
});
