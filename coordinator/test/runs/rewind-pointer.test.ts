// A bucket in memory that compares revisions as NATS does; a student worker may write in between.

import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import { rewindPointer } from '../../src/runs/checkpoint-pointers.js';

const digest = (name: string) => name.repeat(64);
const POINTER: CheckpointPointer = {
  runId: 'run',
  attempt: 1,
  assignmentEpoch: 4,
  step: 40,
  digest: digest('b'),
  previous: { step: 20, digest: digest('a') },
};

/** @param moved - the pointer that the student writes before the first update. */
function bucket(pointer: CheckpointPointer, moved?: CheckpointPointer) {
  let value = JSON.stringify(pointer);
  let revision = 1;
  let pending = moved;
  const kv = {
    get: async () => ({ value, revision }),
    update: async (_key: string, text: string, expected: number) => {
      if (pending !== undefined) {
        [value, revision, pending] = [JSON.stringify(pending), revision + 1, undefined];
      }
      if (expected !== revision) throw new LyceumError('ABORTED', 'another revision');
      [value, revision] = [text, revision + 1];
      return revision;
    },
  } as unknown as KeyValue;
  return { kv, now: () => JSON.parse(value) as CheckpointPointer };
}

const { previous: _, ...alone } = POINTER;

describe('a pointer after rewindPointer names', () => {
  it.each<[string, number, Partial<CheckpointPointer>]>([
    ['what it named, if no later step is in it', 40, { step: 40, digest: digest('b') }],
    ['the one before, if that is sound', 39, { step: 20, digest: digest('a') }],
    ['none, if neither is', 19, { step: 0 }],
  ])('%s', async (_name, beforeStep, expected) => {
    const { kv, now } = bucket(POINTER);
    expect(await rewindPointer(kv, 'run', beforeStep)).toBe(expected.step);
    expect(now()).toMatchObject({ ...expected, assignmentEpoch: 5 });
    if (expected.step === 20) expect(now().previous).toBeUndefined();
    if (expected.step === 0) expect(now().digest).toBeUndefined();
  });
});

it('rewindPointer undoes a checkpoint that the former owner commits meanwhile', async () => {
  const moved = {
    ...alone,
    step: 60,
    digest: digest('c'),
    previous: { step: 40, digest: digest('b') },
  };
  const { kv, now } = bucket(POINTER, moved);
  expect(await rewindPointer(kv, 'run', 50)).toBe(40);
  expect(now()).toMatchObject({ step: 40, digest: digest('b'), assignmentEpoch: 5 });
});
