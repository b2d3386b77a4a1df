/** Runs are deleted from a store in memory; deleted and kept records and blobs are listed by hand. */
import { createLogger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import { describe, expect, it, vi } from 'vitest';
import { BlobReferences } from '../../src/artifacts/blob-references.js';
import type { ArtifactCatalog } from '../../src/artifacts/index.js';
import { RunDeletion, type RunDeletionParts } from '../../src/lifecycle/run-deletion.js';
import { referredBlobs } from '../../src/lifecycle/unreferred-blobs.js';
import type { RunRecord } from '../../src/runs/index.js';
import { queued } from '../runs/queued-run.js';

const digest = (of: string): string => of.repeat(64);
const [SET, PUSHED, OLD, NEW] = [digest('a'), digest('b'), digest('c'), digest('d')];

const ended = (runId: string, more: Partial<RunRecord> = {}): RunRecord => ({
  ...queued(),
  runId,
  state: 'SUCCEEDED',
  dataset: { digest: SET, classCount: 10 },
  baselineRunId: undefined,
  ...more,
});

/** Stores with these records. @param pointers - checkpoint digests by run, the newest first. */
function stored(records: readonly RunRecord[], pointers: Readonly<Record<string, string[]>> = {}) {
  const runs = new Map(records.map((record) => [record.runId, record]));
  const blobs = new Set<string>([SET, PUSHED, OLD, NEW]);
  const keys = new Map(
    Object.entries(pointers).map(([runId, [newest, previous]]) => [
      runId,
      JSON.stringify({
        runId,
        attempt: 1,
        assignmentEpoch: 1,
        step: 2,
        digest: newest,
        ...(previous !== undefined && { previous: { step: 1, digest: previous } }),
      }),
    ]),
  );
  const parts = {
    store: {
      unreadable: [] as string[],
      get: (runId: string) => runs.get(runId),
      list: () => [...runs.values()],
      require: (runId: string) => {
        const found = runs.get(runId);
        if (found === undefined) throw new LyceumError('NOT_FOUND', `no run ${runId}`);
        return found;
      },
      delete: async (
        runId: string,
        check: (record: RunRecord) => void,
        clear: () => Promise<void>,
      ) => {
        check(runs.get(runId) as RunRecord);
        runs.delete(runId);
        await clear();
      },
    },
    pointers: {
      keys: async () => [...keys.keys()],
      get: async (key: string) => {
        const value = keys.get(key);
        return value === undefined ? undefined : { value, revision: 1 };
      },
      update: async (key: string, value: string) => void keys.set(key, value),
    } as unknown as KeyValue,
    catalog: {
      digests: async () => [PUSHED],
      references: new BlobReferences({
        delete: async (own: string) => void blobs.delete(own),
      } as unknown as BlobStore),
    } as unknown as ArtifactCatalog,
    ledgers: { delete: async () => undefined },
    events: { purge: async () => undefined },
    log: createLogger({ name: 'test', level: 'silent' }),
    now: () => 1_000_000,
  } as unknown as RunDeletionParts;
  const left = () => ({ runs: [...runs.keys()], blobs: [...blobs] });
  return { parts, deletion: new RunDeletion(parts), left };
}

describe('RunDeletion.delete', () => {
  it('deletes the blobs of the run that nothing else refers to', async () => {
    const other = ended('other', { studentModelDigest: OLD });
    const { deletion, left } = stored([ended('run'), other], { run: [NEW, OLD] });
    expect(await deletion.delete('run')).toEqual(['run']);
    expect(left()).toEqual({ runs: ['other'], blobs: [SET, PUSHED, OLD] });
  });

  it('deletes the baseline of the run too, unless another run names it', async () => {
    const own = [
      ended('run', { baselineRunId: 'run-alone' }),
      ended('run-alone', { baselineRunId: undefined, parentRunId: 'run' }),
    ];
    const alone = stored(own);
    expect(await alone.deletion.delete('run')).toEqual(['run', 'run-alone']);
    const named = stored([...own, ended('other', { baselineRunId: 'run-alone' })]);
    expect(await named.deletion.delete('run')).toEqual(['run']);
    expect(named.left().runs).toEqual(['run-alone', 'other']);
  });

  it.each(['SUCCEEDED', 'TRAINING'] as const)(
    'keeps a baseline that is %s and was submitted separately',
    async (state) => {
      const own = ended('run', { baselineRunId: 'run-alone' });
      const { deletion, left } = stored([own, ended('run-alone', { state })]);
      expect(await deletion.delete('run')).toEqual(['run']);
      expect(left().runs).toEqual(['run-alone']);
    },
  );

  it('refuses a run whose own baseline is in progress, or which another run names as its baseline', async () => {
    const going = stored([
      ended('run'),
      ended('run-alone', { state: 'TRAINING', parentRunId: 'run' }),
    ]);
    await expect(going.deletion.delete('run')).rejects.toThrow(
      'run run-alone, its baseline, is TRAINING; cancel it first',
    );
    const named = stored([ended('run'), ended('other', { baselineRunId: 'run' })]);
    await expect(named.deletion.delete('run')).rejects.toThrow('run other names run run as its baseline'); // biome-ignore format: one line
    expect([going.left().runs, named.left().runs]).toEqual([['run', 'run-alone'], ['run', 'other']]); // biome-ignore format: one line
  });
});

it('deleteExpired deletes a run after its ttlAfterFinished, unless another run names it', async () => {
  const brief = (runId: string, endedAtMs: number) => {
    const { specification } = queued();
    const spec = { ...specification.spec, retention: { ttlAfterFinished: 10 } };
    return ended(runId, { endedAtMs, specification: { ...specification, spec } as never });
  };
  const records = [brief('over', 1), brief('named', 1), brief('recent', 995_000), ended('lasting', { endedAtMs: 1 })];
  const other = ended('other', { baselineRunId: 'named' });
  const { deletion, left } = stored([...records, other]);
  await deletion.deleteExpired();
  expect(left().runs).toEqual(['named', 'recent', 'lasting', 'other']);
}); // biome-ignore format: rows

it('deleteExpired leaves a run alone, without a word, while its baseline goes on', async () => {
  const { specification } = queued();
  const spec = { ...specification.spec, retention: { ttlAfterFinished: 10 } };
  const brief = {
    state: 'FAILED',
    endedAtMs: 1,
    specification: { ...specification, spec },
  } as never;
  const going = ended('run-alone', { state: 'TRAINING', parentRunId: 'run' });
  const { parts, deletion, left } = stored([ended('run', brief), going]);
  const warn = vi.spyOn(parts.log, 'warn');
  await deletion.deleteExpired();
  expect(left().runs).toEqual(['run', 'run-alone']);
  expect(warn).not.toHaveBeenCalled();
});

it('referredBlobs counts checkpoints of failed runs, not of succeeded or deleted runs', async () => {
  const records = [ended('failed', { state: 'FAILED' }), ended('succeeded')];
  const { parts } = stored(records, { failed: [NEW], succeeded: [OLD], gone: [OLD] });
  expect(await referredBlobs(parts)).toEqual(new Set([PUSHED, NEW, SET]));
});

it('RunDeletion keeps all blobs while a run record cannot be read', async () => {
  const { parts, deletion, left } = stored([ended('run')], { run: [NEW, OLD] });
  Object.assign(parts.store, { unreadable: ['torn'] });
  await expect(referredBlobs(parts)).rejects.toThrow(
    'the record of run torn cannot be read, so it is not known what it refers to',
  );
  expect(await deletion.delete('run')).toEqual(['run']);
  expect(left()).toEqual({ runs: [], blobs: [SET, PUSHED, OLD, NEW] });
});
