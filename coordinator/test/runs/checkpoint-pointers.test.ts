/**
 * Against a bucket in memory with the two rules of JetStream's KV: a revision rises with each write, and
 * an update names the one that it replaces. The real one is in `coordinator.int.test.ts`.
 */
import { LyceumError } from '@lyceum/proto';
import { beforeEach, expect, it } from 'vitest';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import {
  advancedPointer,
  type Checkpoint,
  movePointer,
  type PointerMove,
  requirePointer,
} from '../../src/runs/checkpoint-pointers.js';

const A: Checkpoint = { step: 10, digest: 'a'.repeat(64) };
const B: Checkpoint = { step: 20, digest: 'b'.repeat(64) };
const C: Checkpoint = { step: 30, digest: 'c'.repeat(64) };
const ours = { runId: 'digits', assignmentEpoch: 2 };
const pointerAt = (rest: Partial<CheckpointPointer>): CheckpointPointer => ({
  ...ours,
  attempt: 1,
  step: 0,
  ...rest,
});
/** As long as nothing is damaged, a training follows on what the pointer names. */
const after = (named: Checkpoint | undefined, to: Checkpoint): PointerMove => ({
  to,
  named,
  previous: named,
});

class MemoryBucket {
  entry: { value: string; revision: number } | undefined;
  /** Fails the next update after it has been made: its answer is lost. */
  loseAnswer = false;
  /** Written just before the next update. */
  quicker: CheckpointPointer | undefined;

  async get() {
    return this.entry;
  }

  async update(_key: string, value: string, revision: number) {
    if (this.quicker !== undefined) this.write(this.quicker);
    this.quicker = undefined;
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

it('moves from checkpoint to checkpoint, keeps the one before, and tells what it no longer names', async () => {
  expect(await movePointer(bucket, ours, after(undefined, A))).toEqual([]);
  expect(bucket.pointer).toEqual(pointerAt(A));
  expect(await movePointer(bucket, ours, after(A, B))).toEqual([]);
  expect(await movePointer(bucket, ours, after(B, C))).toEqual([A.digest]);
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: B }));
});

it('follows on the one before where the newest was damaged', async () => {
  bucket.write(pointerAt({ ...B, previous: A }));
  const dropped = await movePointer(bucket, ours, { to: C, named: B, previous: A });
  expect(dropped).toEqual([B.digest]);
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: A }));
});

it('moves nothing once the run was assigned anew, also between the look and the write', async () => {
  bucket.quicker = pointerAt({ assignmentEpoch: 3 });
  const move = movePointer(bucket, ours, after(undefined, A));
  await expect(move).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(requirePointer(bucket, ours)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(bucket.pointer).toEqual(pointerAt({ assignmentEpoch: 3 }));
});

it('takes a move whose answer was lost for made when it is asked for again', async () => {
  bucket.loseAnswer = true;
  const lost = movePointer(bucket, ours, after(undefined, A));
  await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await movePointer(bucket, ours, after(undefined, A))).toEqual([]);
  expect(bucket.entry?.revision).toBe(2);
});

it('does not let a move of before undo a later one', async () => {
  await movePointer(bucket, ours, after(undefined, A));
  await movePointer(bucket, ours, after(A, B));
  const late = movePointer(bucket, ours, after(undefined, A));
  await expect(late).rejects.toMatchObject({ code: 'ABORTED' });
  expect(bucket.pointer).toEqual(pointerAt({ ...B, previous: A }));
});

it('moves back where what it names was damaged, and on where the store was restored from an older copy', async () => {
  bucket.write(pointerAt({ ...C, previous: A }));
  await movePointer(bucket, ours, { to: B, named: C, previous: A });
  expect(bucket.pointer).toEqual(pointerAt({ ...B, previous: A }));
  bucket.write(pointerAt(A));
  await movePointer(bucket, ours, after(B, C));
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: B }));
});

it('moves on over another revision that is still ours', async () => {
  bucket.quicker = pointerAt({ attempt: 2 });
  await movePointer(bucket, ours, after(undefined, A));
  expect(bucket.pointer).toEqual(pointerAt({ attempt: 2, ...A }));
});

it.each([
  ['is not there', () => (bucket.entry = undefined)],
  ['does not name the assignment yet', () => bucket.write(pointerAt({ assignmentEpoch: 1 }))],
])('lets the worker wait for a pointer that %s', async (_case, arrange) => {
  arrange();
  const read = requirePointer(bucket, ours);
  await expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

it('refuses what is no pointer, naming the field', async () => {
  bucket.write(pointerAt({ step: -1 }));
  await expect(requirePointer(bucket, ours)).rejects.toThrow(/step/);
  bucket.entry = { value: '{', revision: 9 };
  await expect(requirePointer(bucket, ours)).rejects.toThrow(/not JSON/);
});

it('names nothing as previous where the training began', () => {
  const old = pointerAt({ ...B, previous: A });
  expect(advancedPointer(old, { to: C, named: B, previous: undefined })).toEqual(pointerAt(C));
});
