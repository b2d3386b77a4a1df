// Readers that join and leave.
import { expect, it } from 'vitest';
import { ReaderWorlds, sliceOf } from '../../src/target-streams/reader-worlds.js';

const asked = (rank: number, worldSize: number, runId = 'digits') => ({ runId, rank, worldSize });

it('sliceOf gives the slice of a rank, or the whole for world size 0', () => {
  expect(sliceOf(asked(2, 4))).toEqual({ rank: 2, worldSize: 4 });
  expect(sliceOf(asked(0, 0))).toEqual({ rank: 0, worldSize: 1 });
});

it.each([
  [4, 4, 'rank: want 0 ≤ rank < world_size 4, got 4'],
  [1, 0, 'rank is 1, and there is no world_size; give it too'],
  [0, 65_537, 'world_size: want at most 65536, got 65537'],
])('sliceOf refuses rank %i of %i', (rank, worldSize, message) => {
  expect(() => sliceOf(asked(rank, worldSize))).toThrow(message);
});

it('ReaderWorlds accepts ranks of one world size at a time, and readers without a rank', () => {
  const worlds = new ReaderWorlds();
  worlds.join('a', asked(0, 4));
  worlds.join('b', asked(3, 4));
  // A rank that reconnects before its old stream has ended.
  worlds.join('c', asked(3, 4));
  worlds.join('alone', asked(0, 0));
  worlds.join('of another run', asked(0, 2, 'letters'));
  const refused =
    /^rank 1 of 2 asks for run digits, which rank \d of 4 reads: all ranks that read a run at a time must have the same world_size/;
  expect(() => worlds.join('d', asked(1, 2))).toThrow(refused);
  worlds.leave('a');
  worlds.leave('b');
  expect(() => worlds.join('d', asked(1, 2))).toThrow(refused);
  worlds.leave('c');
  worlds.join('d', asked(1, 2));
  expect(() => worlds.join('a', asked(0, 4))).toThrow('which rank 1 of 2 reads');
});
