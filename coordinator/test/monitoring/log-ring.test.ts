import { LogLevel } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { LogRing } from '../../src/monitoring/log-ring.js';

const ALL = { level: 0 as LogLevel, from: '', after: 0, before: Number.POSITIVE_INFINITY };

function line(from: string, message: string, level: LogLevel = LogLevel.LOG_LEVEL_INFO) {
  return { atMs: 1, level, from, message };
}

function filled(limits: { lines: number; bytes: number }, ...lines: ReturnType<typeof line>[]) {
  const ring = new LogRing(limits);
  for (const one of lines) ring.add(one);
  return ring;
}

const texts = (ring: LogRing, query = {}) =>
  ring.read({ ...ALL, ...query }).map(({ message }) => message);

const ROOM = { lines: 100, bytes: 100_000 };

describe('LogRing', () => {
  it('returns lines of all programs in the order of their arrival', () => {
    const ring = filled(ROOM, line('a', '1'), line('b', '2'), line('a', '3'));
    expect(texts(ring)).toEqual(['1', '2', '3']);
    expect(ring.read(ALL).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(ring.lastSequence).toBe(3);
  });

  it('filters lines by level, program and sequence number', () => {
    const ring = filled(
      ROOM,
      line('a', '1', LogLevel.LOG_LEVEL_ERROR),
      line('b', '2'),
      line('b', '3', LogLevel.LOG_LEVEL_WARN),
      line('a', '4', LogLevel.LOG_LEVEL_FATAL),
    );
    expect(texts(ring, { level: LogLevel.LOG_LEVEL_WARN })).toEqual(['1', '3', '4']);
    expect(texts(ring, { from: 'b' })).toEqual(['2', '3']);
    expect(texts(ring, { after: 1, before: 4 })).toEqual(['2', '3']);
  });

  it('drops the oldest lines of the program with the most lines when it is full', () => {
    const ring = filled({ lines: 10, bytes: 100_000 }, line('coordinator', 'paused'));
    for (let i = 0; i < 1_000; i++) ring.add(line('flood', `${i}`));
    ring.add(line('student', 'started'));
    expect(texts(ring, { from: 'coordinator' })).toEqual(['paused']);
    expect(texts(ring, { from: 'student' })).toEqual(['started']);
    expect(texts(ring, { from: 'flood' })).toEqual([
      '992',
      '993',
      '994',
      '995',
      '996',
      '997',
      '998',
      '999',
    ]);
    expect(ring.omittedAfter(0)).toBe(992);
    expect(ring.omittedAfter(990)).toBe(3);
    expect(ring.omittedAfter(1_002)).toBe(0);
  });

  it('holds lines up to its limit of UTF-8 bytes', () => {
    const ring = new LogRing({ lines: 1_000, bytes: 10_000 });
    for (let i = 0; i < 100; i++) ring.add(line('a', '…'.repeat(300)));
    // 964 bytes each.
    expect(ring.read(ALL)).toHaveLength(10);
    ring.add(line('a', 'x'.repeat(20_000)));
    expect(ring.read(ALL)).toEqual([]);
    ring.add(line('a', 'small'));
    expect(texts(ring)).toEqual(['small']);
  });
});
