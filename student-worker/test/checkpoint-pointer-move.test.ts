/**
 * Against a bucket in memory with the two rules of JetStream's KV: a revision rises with each write, and
 * an update names the one that it replaces. The real one is in `student-shell.int.test.ts`.
 */
import { type CheckpointPointer, LyceumError } from '@lyceum/proto';
import { beforeEach, expect, it } from 'vitest';
import {
  advancedPointer,
  movePointer,
  type PointerBucket,
  readOwnedPointer,
} from '../src/checkpoint-pointer-move.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);
const ours = { runId: 'digits', assignmentEpoch: 2 };
const pointerAt = (rest: Partial<CheckpointPointer>): CheckpointPointer => ({
  ...ours,
  attempt: 1,
  step: 0,
  ...rest,
});

class MemoryBucket implements PointerBucket {
  entry: { value: string; revision: number } | undefined;
  /** Fails the next update after it has been made: its answer is lost. */
  loseAnswer = false;

  async get() {
    return this.entry;
  }

  async update(_key: string, value: string, revision: number) {
    if (revision !== this.entry?.revision) throw new LyceumError('ABORTED', 'another revision');
    this.write(JSON.parse(value));
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new LyceumError('UNAVAILABLE', 'timeout');
    }
    return this.entry.revision;
  }

  write(pointer: CheckpointPointer) {
    const revision = (this.entry?.revision ?? 0) + 1;
    this.entry = { value: JSON.stringify(pointer), revision };
  }

  get pointer(): unknown {
    return JSON.parse(this.entry?.value ?? 'null');
  }
}

let bucket: MemoryBucket;
beforeEach(() => {
  bucket = new MemoryBucket();
  bucket.write(pointerAt({}));
});

it('moves from checkpoint to checkpoint and keeps the one before', async () => {
  const start = await readOwnedPointer(bucket, 'digits', ours);
  const first = await movePointer(bucket, 'digits', start, { step: 10, digest: A });
  expect(bucket.pointer).toEqual(pointerAt({ step: 10, digest: A }));
  const second = await movePointer(bucket, 'digits', first, { step: 20, digest: B });
  await movePointer(bucket, 'digits', second, { step: 30, digest: C });
  expect(bucket.pointer).toEqual(
    pointerAt({ step: 30, digest: C, previous: { step: 20, digest: B } }),
  );
});

it('is told ABORTED once the run was assigned anew, reading or moving', async () => {
  const start = await readOwnedPointer(bucket, 'digits', ours);
  bucket.write(pointerAt({ assignmentEpoch: 3 }));
  await expect(readOwnedPointer(bucket, 'digits', ours)).rejects.toMatchObject({ code: 'ABORTED' });
  const move = movePointer(bucket, 'digits', start, { step: 10, digest: A });
  await expect(move).rejects.toMatchObject({ code: 'ABORTED' });
  expect(bucket.pointer).toEqual(pointerAt({ assignmentEpoch: 3 }));
});

it('makes a move again whose answer was lost', async () => {
  const start = await readOwnedPointer(bucket, 'digits', ours);
  bucket.loseAnswer = true;
  const lost = movePointer(bucket, 'digits', start, { step: 10, digest: A });
  await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const again = await movePointer(bucket, 'digits', start, { step: 10, digest: A });
  expect(again.revision).toBe(bucket.entry?.revision);
  await movePointer(bucket, 'digits', again, { step: 20, digest: B });
  expect(bucket.pointer).toEqual(
    pointerAt({ step: 20, digest: B, previous: { step: 10, digest: A } }),
  );
});

it('moves on over another revision that is still ours', async () => {
  const start = await readOwnedPointer(bucket, 'digits', ours);
  bucket.write(pointerAt({ attempt: 1 }));
  await movePointer(bucket, 'digits', start, { step: 10, digest: A });
  expect(bucket.pointer).toEqual(pointerAt({ step: 10, digest: A }));
});

it.each([
  ['is not there', () => (bucket.entry = undefined)],
  ['does not name our assignment yet', () => bucket.write(pointerAt({ assignmentEpoch: 1 }))],
])('waits for a pointer that %s', async (_case, arrange) => {
  arrange();
  const read = readOwnedPointer(bucket, 'digits', ours);
  await expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

it('refuses what is no pointer, naming the field', async () => {
  bucket.write(pointerAt({ step: -1 }));
  await expect(readOwnedPointer(bucket, 'digits', ours)).rejects.toThrow(/step/);
  bucket.entry = { value: '{', revision: 9 };
  await expect(readOwnedPointer(bucket, 'digits', ours)).rejects.toThrow(/not JSON/);
});

it('names nothing as previous where the training began', () => {
  expect(advancedPointer(pointerAt({}), { step: 5, digest: A })).toEqual(
    pointerAt({ step: 5, digest: A }),
  );
});
