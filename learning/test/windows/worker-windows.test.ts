/** The windows of a worker, over a stand-in for the picture thread. */
import { LyceumError, StorageFullError, UnreadableSetError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { type Windows, WorkerWindows } from '../../src/windows/index.js';

const SET = { digest: 'd', file: 'f' };

function worker(fail: () => void) {
  let [started, opened] = [0, 0];
  const answer = async () => {
    opened++;
    fail();
  };
  const start = () => {
    started++;
    return { open: answer, died: new Promise(() => {}), keepSets: () => {} } as unknown as Windows;
  };
  const windows = new WorkerWindows(start, 800);
  return { windows, counts: () => ({ started, opened }) };
}

it('WorkerWindows starts its thread with the first set, and opens a set once until it is closed', async () => {
  const { windows, counts } = worker(() => {});
  windows.keepSets([]);
  expect(counts()).toEqual({ started: 0, opened: 0 });
  await Promise.all([windows.open(SET), windows.open(SET)]);
  expect(counts()).toEqual({ started: 1, opened: 1 });
  windows.keepSets([]);
  await windows.open(SET);
  expect(counts()).toEqual({ started: 1, opened: 2 });
  expect(windows.windowBytes).toBe(200);
});

it('WorkerWindows opens a set again after a failure', async () => {
  let away = true;
  const { windows, counts } = worker(() => {
    if (away) throw new LyceumError('UNAVAILABLE', 'away');
  });
  await expect(windows.open(SET)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  away = false;
  await windows.open(SET);
  expect(counts()).toEqual({ started: 1, opened: 2 });
});

it.each([
  ...(['PERMISSION_DENIED', 'NOT_FOUND', 'FAILED_PRECONDITION', 'INVALID_ARGUMENT'] as const),
  'RESOURCE_EXHAUSTED' as const,
])('WorkerWindows reports %s as UnreadableSetError', async (code) => {
  const { windows } = worker(() => {
    throw new LyceumError(code, 'a.tar: so it is');
  });
  const refused = windows.open(SET);
  await expect(refused).rejects.toBeInstanceOf(UnreadableSetError);
  await expect(refused).rejects.toThrow('a.tar: so it is');
});

it.each([
  new LyceumError('UNAVAILABLE', 'away'),
  new LyceumError('CANCELLED', 'over'),
  new LyceumError('INTERNAL', 'a bug'),
  new StorageFullError('full'),
])('WorkerWindows passes on %s unchanged', async (err) => {
  const { windows } = worker(() => {
    throw err;
  });
  await expect(windows.open(SET)).rejects.toBe(err);
});
