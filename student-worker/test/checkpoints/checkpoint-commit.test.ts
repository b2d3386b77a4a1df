/** A stand-in coordinator accepts commits, or fails as a test says. The real one is in `coordinator/test/server`. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckpointCommitter, type CommitStart } from '../../src/checkpoints/checkpoint-commit.js';
import type { CheckpointCommit } from '../../src/checkpoints/coordinator-store.js';
import type { TrainingCheckpoint } from '../../src/job/training-job.js';

const afresh: CommitStart = { named: undefined, from: undefined, file: undefined };
const damaged = { step: 2, digest: 'd'.repeat(64) };
const older = { step: 1, digest: 'a'.repeat(64) };

let folder: string;
/** Commits so far, in order. */
let commits: Omit<CheckpointCommit, 'bytes'>[];
/** Errors of the next commits, each of which may have been carried out or not. */
let failures: LyceumError[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-commit-'));
  commits = [];
  failures = [];
});

afterEach(() => rm(folder, { recursive: true }));

function committer(start = afresh): CheckpointCommitter {
  return new CheckpointCommitter(
    {
      commit: async ({ bytes, ...commit }) => {
        expect(sha256Hex(bytes)).toBe(commit.checkpoint.digest);
        commits.push(commit);
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
      },
    },
    {
      signal: new AbortController().signal,
      log: createLogger({ name: 'test', level: 'silent' }),
      random: () => 0,
    },
    start,
  );
}

const NO_HISTORY = { bucketSteps: 1, firstBucket: 0, endStep: 0, values: [] };

async function checkpoint(step: number): Promise<TrainingCheckpoint> {
  const bytes = Buffer.from(`checkpoint ${step}`);
  const file = join(folder, `checkpoint-${step}.npz`);
  await writeFile(file, bytes);
  return { step, bytes, file, digest: sha256Hex(bytes), history: NO_HISTORY };
}

const at = (step: number) => ({ step, digest: sha256Hex(Buffer.from(`checkpoint ${step}`)) });

it('CheckpointCommitter names the previous checkpoint, and keeps the files of the newest two', async () => {
  const own = committer();
  for (const step of [1, 2, 3]) await own.commit(await checkpoint(step));
  await own.cleaned();
  expect(commits).toEqual([
    { checkpoint: at(1), history: NO_HISTORY, named: undefined, previous: undefined },
    { checkpoint: at(2), history: NO_HISTORY, named: at(1), previous: at(1) },
    { checkpoint: at(3), history: NO_HISTORY, named: at(2), previous: at(2) },
  ]);
  expect(own.committedStep).toBe(3);
  expect((await readdir(folder)).sort()).toEqual(['checkpoint-2.npz', 'checkpoint-3.npz']);
});

it('CheckpointCommitter names the checkpoint it resumed from, and the one that the pointer names', async () => {
  const own = committer({ named: damaged, from: older, file: undefined });
  expect(own.committedStep).toBe(1);
  for (const step of [2, 3]) await own.commit(await checkpoint(step));
  expect(commits).toEqual([
    { checkpoint: at(2), history: NO_HISTORY, named: damaged, previous: older },
    { checkpoint: at(3), history: NO_HISTORY, named: at(2), previous: at(2) },
  ]);
});

it('CheckpointCommitter commits again after a lost answer, and gives up after ABORTED', async () => {
  const own = committer();
  failures = [new LyceumError('UNAVAILABLE', 'no answer')];
  await own.commit(await checkpoint(1));
  expect(commits).toEqual(
    Array(2).fill({
      checkpoint: at(1),
      history: NO_HISTORY,
      named: undefined,
      previous: undefined,
    }),
  );
  failures = [new LyceumError('ABORTED', 'a newer owner')];
  await expect(own.commit(await checkpoint(2))).rejects.toMatchObject({ code: 'ABORTED' });
  expect(own.committedStep).toBe(1);
});
