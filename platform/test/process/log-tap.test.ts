// Lines as pino writes them, and what the tap passes on.
import { digestBytes, LogLevel } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { LogTap, loggedLine } from '../../src/process/log-tap.js';

const IDENTITY = 'ab'.repeat(32);
const AT = '2026-01-02T03:04:05.678Z';

function pinoLine(fields: object): string {
  const base = { level: 30, time: AT, pid: 7, hostname: 'gpu-box', name: 'teacher-worker' };
  return `${JSON.stringify({ ...base, ...fields })}\n`;
}

describe('loggedLine', () => {
  it('puts the message, the error and the fields of its own into one text', () => {
    const err = { type: 'LyceumError', message: 'no such blob', stack: 'at …', code: 'NOT_FOUND' };
    const fields = { teacherIdentity: IDENTITY, failures: 2, err, msg: 'teacher failed to load' };
    expect(loggedLine(pinoLine({ level: 50, ...fields }), [])).toEqual({
      atMs: Date.parse(AT),
      level: LogLevel.LOG_LEVEL_ERROR,
      about: { $case: 'teacherIdentity', teacherIdentity: digestBytes(IDENTITY) },
      message: 'teacher failed to load: no such blob (code=NOT_FOUND, failures=2)',
    });
  });

  it('is about the run when the line names a run and a teacher', () => {
    const line = loggedLine(pinoLine({ runId: 'r1', teacherIdentity: IDENTITY, msg: 'm' }), []);
    expect(line?.about).toEqual({ $case: 'runId', runId: 'r1' });
    expect(line?.message).toBe('m');
  });

  it('drops a line that names no valid run or teacher, or is below info', () => {
    expect(
      loggedLine(pinoLine({ msg: 'TensorFlow loaded, "runId":"r1" it is not about' }), []),
    ).toBe(undefined);
    expect(loggedLine(pinoLine({ teacherIdentity: 'short', msg: 'm' }), [])).toBe(undefined);
    expect(loggedLine(pinoLine({ runId: 7, msg: 'm' }), [])).toBe(undefined);
    expect(loggedLine(pinoLine({ level: 20, runId: 'r1', msg: 'm' }), [])).toBe(undefined);
  });

  it('leaves out skipped fields and cuts the text to 2,048 characters', () => {
    const fields = { runId: 'r1', workerId: 'w1', step: 3, msg: 'm' };
    expect(loggedLine(pinoLine(fields), ['workerId'])?.message).toBe('m (step=3)');
    const long = loggedLine(pinoLine({ runId: 'r1', msg: 'x'.repeat(100_000) }), []);
    expect(long?.message).toHaveLength(2_048);
  });
});

it('LogTap passes a line only to its newest listener', () => {
  const tap = new LogTap();
  const [first, second]: string[][] = [[], []];
  tap.write(pinoLine({ runId: 'r1', msg: 'to nobody' }));
  tap.onLine(({ message }) => first?.push(message));
  tap.write(pinoLine({ runId: 'r1', msg: 'one' }));
  tap.onLine(({ message }) => second?.push(message));
  tap.write(pinoLine({ runId: 'r1', msg: 'two' }));
  expect([first, second]).toEqual([['one'], ['two']]);
});
