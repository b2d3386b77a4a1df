/** Against a blob store and a bucket in memory; the real ones are in `student-worker.int.test.ts`. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { createLogger } from '@lyceum/proto/node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CheckpointCommitter } from '../src/checkpoint-commit.js';
import type { TrainingCheckpoint } from '../src/training-job.js';

/** What happens by and by, in order. */
let story: string[];
let folder: string;
/** What the pointer names. */
let pointed: { step: number; digest?: string; previous?: { step: number; digest: string } };
/** Calls that wait until they are let go on, by name. */
let held: Map<string, () => void>;
let failure: LyceumError | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-commit-'));
  story = [];
  held = new Map();
  failure = undefined;
  pointed = { step: 0 };
});

afterEach(() => rm(folder, { recursive: true }));

function committer(): CheckpointCommitter {
  const on = async (what: string) => {
    story.push(`${what} begins`);
    await new Promise<void>((resolve) => held.set(what, resolve));
    story.push(`${what} ends`);
  };
  const pointer = { runId: 'digits', assignmentEpoch: 1, attempt: 1, step: 0 };
  return new CheckpointCommitter(
    {
      blobs: {
        put: async (bytes) => {
          await on('upload');
          return sha256Hex(bytes);
        },
        delete: async (digest) => {
          await on(`deletion of ${digest.slice(0, 4)}`);
          if (failure !== undefined) throw failure;
        },
      },
      bucket: {
        get: async () => undefined,
        update: async (_key, text, revision) => {
          pointed = JSON.parse(text);
          story.push(`pointer at ${pointed.step}`);
          return revision + 1;
        },
      },
      pointerKey: 'digits',
      makeDurable: (step) => on(`answers before ${step}`),
    },
    {
      signal: new AbortController().signal,
      log: createLogger({ name: 'test', level: 'silent' }),
      random: () => 0,
    },
    { pointer, revision: 1 },
    undefined,
  );
}

async function checkpoint(step: number): Promise<TrainingCheckpoint> {
  const bytes = Buffer.from(`checkpoint ${step}`);
  const file = join(folder, `checkpoint-${step}.npz`);
  await writeFile(file, bytes);
  return { step, bytes, file, digest: sha256Hex(bytes) };
}

async function letGoOn(what: string): Promise<void> {
  await vi.waitFor(() => expect([...held.keys()]).toContain(what));
  held.get(what)?.();
  held.delete(what);
}

/** Commits with nothing in its way but deletions. */
async function committed(to: CheckpointCommitter, step: number): Promise<TrainingCheckpoint> {
  const taken = await checkpoint(step);
  const commit = to.commit(taken);
  await letGoOn('upload');
  await letGoOn(`answers before ${step}`);
  await commit;
  return taken;
}

it.each([
  ['upload', 'answers before 3'],
  ['answers before 3', 'upload'],
])(
  'stores blob and answers at once, and moves the pointer after both: %s first',
  async (first, last) => {
    const commit = committer().commit(await checkpoint(3));
    await letGoOn(first);
    await vi.waitFor(() => expect(story).toContain(`${first} ends`));
    expect(story).toContain(`${last} begins`);
    expect(pointed.step).toBe(0);
    await letGoOn(last);
    await commit;
    expect(story.slice(-2)).toEqual([`${last} ends`, 'pointer at 3']);
  },
);

it('deletes what is superseded once the pointer has moved, and holds nobody up with it', async () => {
  const own = committer();
  const first = await committed(own, 1);
  await committed(own, 2);
  await own.cleaned();
  expect(await readdir(folder)).toEqual(['checkpoint-1.npz', 'checkpoint-2.npz']);
  // Its deletion waits; the commit has resolved.
  const third = await committed(own, 3);
  expect(pointed).toMatchObject({ step: 3, digest: third.digest, previous: { step: 2 } });
  const deletion = `deletion of ${first.digest.slice(0, 4)}`;
  await letGoOn(deletion);
  await own.cleaned();
  expect(story.at(-1)).toBe(`${deletion} ends`);
  expect((await readdir(folder)).sort()).toEqual(['checkpoint-2.npz', 'checkpoint-3.npz']);
});

it('goes on where something superseded cannot be deleted', async () => {
  const own = committer();
  failure = new LyceumError('UNAVAILABLE', 'nobody answers');
  const first = await committed(own, 1);
  await committed(own, 2);
  await committed(own, 3);
  await letGoOn(`deletion of ${first.digest.slice(0, 4)}`);
  await own.cleaned();
  const last = committed(own, 4);
  await letGoOn(`deletion of ${sha256Hex(Buffer.from('checkpoint 2')).slice(0, 4)}`);
  await last;
  expect(pointed.step).toBe(4);
});
