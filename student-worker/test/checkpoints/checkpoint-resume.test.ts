/** A real folder, and a blob store that is a map. A blob that is not in the map counts as damaged. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findResumePoint } from '../../src/checkpoints/checkpoint-resume.js';
import { RunFolder } from '../../src/checkpoints/run-folder.js';

const log = createLogger({ name: 'test', level: 'silent' });
const older = Buffer.from('the weights after 10 steps');
const newer = Buffer.from('the weights after 20 steps');
const newest = { step: 20, digest: sha256Hex(newer) };
const previous = { step: 10, digest: sha256Hex(older) };
const checkpoints = { newest, previous };

let stateDir: string;
let folder: RunFolder;
let stored: Map<string, Buffer>;
let fetched: string[];
const blobs = {
  async get(digest: string) {
    fetched.push(digest);
    const bytes = stored.get(digest);
    if (bytes === undefined) throw new LyceumError('NOT_FOUND', 'damaged');
    return bytes;
  },
};

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lyceum-resume-'));
  folder = await RunFolder.open(stateDir, 'digits');
  stored = new Map([older, newer].map((bytes) => [sha256Hex(bytes), bytes]));
  fetched = [];
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

it('findResumePoint fetches the newest checkpoint', async () => {
  const resume = await findResumePoint(checkpoints, { folder, blobs, log });
  expect(resume).toMatchObject({ from: newest });
  expect(await readFile(resume.file ?? '')).toEqual(newer);
});

it('findResumePoint uses a local file of any name that has the digest', async () => {
  await writeFile(join(folder.path, 'checkpoint-20'), newer);
  const resume = await findResumePoint(checkpoints, { folder, blobs, log });
  expect(resume).toMatchObject({ from: newest, file: join(folder.path, 'checkpoint-20') });
  expect(fetched).toEqual([]);
});

it('findResumePoint does not use a local file with other bytes', async () => {
  await writeFile(join(folder.path, 'checkpoint-20'), newer.subarray(1));
  const resume = await findResumePoint(checkpoints, { folder, blobs, log });
  expect(await readFile(resume.file ?? '')).toEqual(newer);
  expect(fetched).toEqual([sha256Hex(newer)]);
});

it('findResumePoint takes the previous checkpoint when the newest is damaged', async () => {
  stored.delete(sha256Hex(newer));
  const resume = await findResumePoint(checkpoints, { folder, blobs, log });
  expect(await readFile(resume.file ?? '')).toEqual(older);
  expect(resume.from).toEqual(previous);
});

it('findResumePoint starts afresh when all checkpoints are damaged, or there was none', async () => {
  stored.clear();
  expect(await findResumePoint(checkpoints, { folder, blobs, log })).toEqual({});
  const none = { newest: undefined, previous: undefined };
  expect(await findResumePoint(none, { folder, blobs, log })).toEqual({});
});

it('findResumePoint fails as UNAVAILABLE when the blob store does not answer', async () => {
  const away = {
    ...blobs,
    get: () => Promise.reject(new LyceumError('UNAVAILABLE', 'no answer')),
  };
  const resume = findResumePoint(checkpoints, { folder, blobs: away, log });
  await expect(resume).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('RunFolder.keepOnly keeps only the given files, and RunFolder.open only its own run', async () => {
  await writeFile(join(folder.path, 'a'), 'a');
  await writeFile(join(folder.path, 'b'), 'b');
  await folder.keepOnly([join(folder.path, 'b')]);
  expect(await readdir(folder.path)).toEqual(['b']);
  await RunFolder.open(stateDir, 'digits');
  expect(await readdir(folder.path)).toEqual(['b']);
  await RunFolder.open(stateDir, 'fashion');
  expect(await readdir(join(stateDir, 'runs'))).toEqual(['fashion']);
});

it.each(['', '..', '../x', '/etc'])('RunFolder.open refuses the run id "%s"', async (runId) => {
  await expect(RunFolder.open(stateDir, runId)).rejects.toThrow('is not a run id');
});
