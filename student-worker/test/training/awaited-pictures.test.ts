import { createLogger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { AwaitedPictures } from '../../src/training/awaited-pictures.js';

const away = new LyceumError('UNAVAILABLE', 's3://sets/a.tar: the connection failed');
const patience = (signal = new AbortController().signal) => ({
  signal,
  log: createLogger({ name: 'test', level: 'silent' }),
  random: () => 0,
});

function aRecord() {
  const told: (string | undefined)[] = [];
  const awaited: AwaitedPictures = new AwaitedPictures(() => told.push(awaited.reason));
  return { awaited, told };
}

test('AwaitedPictures reports the reason of a wait once, and its end when pictures are read', async () => {
  const { awaited, told } = aRecord();
  const tries = [away, away];
  const read = awaited.read(patience(), async () => {
    const failure = tries.pop();
    if (failure !== undefined) throw failure;
    return 'pictures';
  });
  expect(await read).toBe('pictures');
  expect(told).toEqual([away.message, undefined]);
});

test('AwaitedPictures does not wait after NOT_FOUND, or when the signal is aborted', async () => {
  const { awaited, told } = aRecord();
  const gone = new LyceumError('NOT_FOUND', 's3://sets/a.tar: answers 404 NoSuchKey');
  await expect(awaited.read(patience(), () => Promise.reject(gone))).rejects.toBe(gone);
  const givenUp = new AbortController();
  givenUp.abort();
  const read = awaited.read(patience(givenUp.signal), () => Promise.reject(away));
  await expect(read).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(told).toEqual([]);
});

test('AwaitedPictures reports the reason of the read that has waited longest', async () => {
  const { awaited, told } = aRecord();
  const reads = ['a', 'b'].map((name) => {
    let isAway = true;
    return awaited.read(patience(), async () => {
      if (!isAway) return;
      isAway = false;
      throw new LyceumError('UNAVAILABLE', name);
    });
  });
  await Promise.all(reads);
  expect(told[0]).toBe('a');
  expect(told.at(-1)).toBeUndefined();
});
