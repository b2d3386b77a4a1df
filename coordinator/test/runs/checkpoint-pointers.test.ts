/**
 * A bucket in memory with two rules of JetStream's KV: each write raises the revision, and an update names the
 * revision that it replaces. `coordinator.int.test.ts` has the real bucket.
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
/** A move of an undamaged training, which follows on the checkpoint that the pointer names. */
const after = (named: Checkpoint | undefined, to: Checkpoint): PointerMove => ({
  to,
  named,
  previous: named,
});

class MemoryBucket {
  entry: { value: string; revision: number } | undefined;
  /** The next update is made, but its answer is lost. */
  loseAnswer = false;
  /** Another pointer, written just before the next update. */
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

it('movePointer keeps the newest and the previous checkpoint, and returns the digest it drops', async () => {
  expect(await movePointer(bucket, ours, after(undefined, A))).toEqual([]);
  expect(bucket.pointer).toEqual(pointerAt(A));
  expect(await movePointer(bucket, ours, after(A, B))).toEqual([]);
  expect(await movePointer(bucket, ours, after(B, C))).toEqual([A.digest]);
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: B }));
});

it('movePointer drops a damaged newest checkpoint when training followed on the previous', async () => {
  bucket.write(pointerAt({ ...B, previous: A }));
  const dropped = await movePointer(bucket, ours, { to: C, named: B, previous: A });
  expect(dropped).toEqual([B.digest]);
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: A }));
});

it('movePointer is ABORTED if the run is assigned anew between its read and its write', async () => {
  bucket.quicker = pointerAt({ assignmentEpoch: 3 });
  const move = movePointer(bucket, ours, after(undefined, A));
  await expect(move).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(requirePointer(bucket, ours)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(bucket.pointer).toEqual(pointerAt({ assignmentEpoch: 3 }));
});

it('movePointer accepts a repeated move whose answer was lost, and writes nothing', async () => {
  bucket.loseAnswer = true;
  const lost = movePointer(bucket, ours, after(undefined, A));
  await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await movePointer(bucket, ours, after(undefined, A))).toEqual([]);
  expect(bucket.entry?.revision).toBe(2);
});

it('movePointer refuses a late repeat of an earlier move', async () => {
  await movePointer(bucket, ours, after(undefined, A));
  await movePointer(bucket, ours, after(A, B));
  const late = movePointer(bucket, ours, after(undefined, A));
  await expect(late).rejects.toMatchObject({ code: 'ABORTED' });
  expect(bucket.pointer).toEqual(pointerAt({ ...B, previous: A }));
});

it('movePointer moves back from a damaged checkpoint, and on from a pointer of an older copy', async () => {
  bucket.write(pointerAt({ ...C, previous: A }));
  await movePointer(bucket, ours, { to: B, named: C, previous: A });
  expect(bucket.pointer).toEqual(pointerAt({ ...B, previous: A }));
  bucket.write(pointerAt(A));
  await movePointer(bucket, ours, after(B, C));
  expect(bucket.pointer).toEqual(pointerAt({ ...C, previous: B }));
});

it('movePointer tries again after another write under the same assignment', async () => {
  bucket.quicker = pointerAt({ attempt: 2 });
  await movePointer(bucket, ours, after(undefined, A));
  expect(bucket.pointer).toEqual(pointerAt({ attempt: 2, ...A }));
});

it.each([
  ['is not there', () => (bucket.entry = undefined)],
  ['does not name the assignment yet', () => bucket.write(pointerAt({ assignmentEpoch: 1 }))],
])('requirePointer is UNAVAILABLE for a pointer that %s', async (_case, arrange) => {
  arrange();
  const read = requirePointer(bucket, ours);
  await expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});

it('requirePointer refuses a bad pointer, naming the field', async () => {
  bucket.write(pointerAt({ step: -1 }));
  await expect(requirePointer(bucket, ours)).rejects.toThrow(/step/);
  bucket.entry = { value: '{', revision: 9 };
  await expect(requirePointer(bucket, ours)).rejects.toThrow(/not JSON/);
});

it('advancedPointer has no previous checkpoint after the first of a training', () => {
  const old = pointerAt({ ...B, previous: A });
  expect(advancedPointer(old, { to: C, named: B, previous: undefined })).toEqual(pointerAt(C));
});
