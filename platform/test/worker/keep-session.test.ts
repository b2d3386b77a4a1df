/** Sessions that end as the test says, by a fake clock. */
import { LyceumError } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/process/index.js';
import { keepSession } from '../../src/worker/keep-session.js';

const log = createLogger({ name: 'test', level: 'silent' });
const unavailable = new LyceumError('UNAVAILABLE', 'nobody answers');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Holds sessions until the list is used up. @returns when each began, milliseconds. */
async function heldAt(
  sessions: readonly ((answered: () => void) => Promise<void>)[],
  reasons: (string | undefined)[] = [],
): Promise<number[]> {
  const stopping = new AbortController();
  const begun: number[] = [];
  const startMs = Date.now();
  const keeping = keepSession({
    hold: (answered) => {
      begun.push(Date.now() - startMs);
      const session = sessions[begun.length - 1];
      if (session !== undefined) return session(answered);
      stopping.abort();
      return Promise.resolve();
    },
    heldByOther: (reason) => reasons.push(reason),
    signal: stopping.signal,
    nowMs: Date.now,
    random: () => 0,
    log,
  });
  const settled = keeping.then(
    () => undefined,
    (err: unknown) => err,
  );
  await vi.runAllTimersAsync();
  const err = await settled;
  if (err !== undefined) throw err;
  return begun;
}

const broken = () => Promise.reject(unavailable);
const ended = async (answered: () => void) => answered();
const long = async (answered: () => void) => {
  answered();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
};

it('keepSession opens another session after pauses that double up to 0.8 s without jitter', async () => {
  const begun = await heldAt(Array.from({ length: 7 }, () => broken));
  const pauses = begun.slice(1).map((ms, i) => ms - (begun[i] as number));
  expect(pauses).toEqual([50, 100, 200, 400, 800, 800, 800]);
});

it('keepSession starts the pauses anew only after a session that lasted', async () => {
  expect(await heldAt([broken, broken, long, broken])).toEqual([0, 50, 150, 10_200, 10_300]);
  expect(await heldAt([ended, ended, ended])).toEqual([0, 50, 150, 350]);
});

it('keepSession gives up on PERMISSION_DENIED, unless the coordinator had answered', async () => {
  const refused = new LyceumError('PERMISSION_DENIED', 'not you');
  await expect(heldAt([() => Promise.reject(refused)])).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: 'the coordinator refuses this worker: not you',
  });
  const later = async (answered: () => void) => {
    answered();
    throw refused;
  };
  expect(await heldAt([later])).toEqual([0, 50]);
});

it('keepSession tries again when another process has its id, and reports that reason meanwhile', async () => {
  const reasons: (string | undefined)[] = [];
  const other = new LyceumError('ALREADY_EXISTS', 'another process has a session of it');
  await heldAt([() => Promise.reject(other), broken], reasons);
  expect(reasons).toEqual(['another process has a session of it', undefined]);
});
