/**
 * A whole cluster of real processes on one small disk, a tmpfs, which is really full at each step of a run: when its
 * set and its model are pushed, when it is submitted, starts, trains, has a checkpoint, ends, is reported and pulled.
 * What needs room is refused with the path, the rest goes on; no process ends; once there is room the run goes on, by
 * itself or resumed, to the weights of an undisturbed run.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind, LyceumError, type Run, RunState } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CoordinatorClient, hasEnded } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { type CliResult, startCli } from '../commands/cli-process.js';
import { startCluster } from './cluster-runs.js';
import { SmallDisk } from './full-disk.js';
import { images, LONG, TEACHER } from './long-run.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
const PATIENT = { timeout: 240_000, interval: 50 };

/** Far more than any test takes. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** Long enough to be disturbed in its middle. */
const RUN = {
  ...LONG,
  spec: { ...LONG.spec, training: { ...LONG.spec.training, epochs: 30, checkpointEverySteps: 30 } },
};

describe.runIf(SmallDisk.available)('a cluster on a full disk', () => {
  let folder: string;
  let stateDir: string;
  let disk: SmallDisk;
  let cluster: LocalCluster;
  let client: CoordinatorClient;
  let undisturbed: string;
  const lines: string[] = [];
  const ended: unknown[] = [];
  let pids: string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lyceum-full-'));
    stateDir = path.join(folder, 'state');
    disk = SmallDisk.mount(stateDir, 160);
    cluster = await startCluster({
      // An epoch's answers take so long that there is a middle.
      lookupDelayMs: 20,
      stateDir,
      log: (line) => lines.push(line),
    });
    cluster.failed.catch((err: unknown) => ended.push(err));
    client = new CoordinatorClient(cluster.address);
    pids = programs();
  });

  afterAll(async () => {
    client?.close();
    await cluster?.stop();
    disk?.unmount();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(() => {
    expect(ended).toEqual([]);
    expect(programs()).toEqual(pids);
  });

  /** All but NATS, which is started anew. */
  function programs(): string[] {
    const others = cluster.processes.filter(({ kind }) => kind !== 'nats');
    return others.map(({ workerId, pid }) => `${workerId} ${pid}`);
  }

  /** Calls again while NATS is being started. */
  async function patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (err) {
        if (!(err instanceof LyceumError && err.retryable)) throw err;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Calls again if a busy machine takes longer to answer than the command line waits. */
  async function cli(args: readonly string[]): Promise<CliResult> {
    for (;;) {
      const result = await startCli(cluster.address, args).result;
      if (result.code !== 4) return result;
    }
  }

  const told = (part: string) => lines.filter((line) => line.includes(part)).length;

  /** Fills the disk, does the work, makes room, and waits until NATS is back. */
  async function whileFull<T>(work: () => Promise<T>): Promise<T> {
    const [fullCount, anewCount] = [told('is full'), told('is started anew')];
    await disk.fill();
    try {
      await vi.waitFor(() => expect(told('is full')).toBeGreaterThan(fullCount), PATIENT);
      return await work();
    } finally {
      await disk.makeRoom();
      await vi.waitFor(() => expect(told('is started anew')).toBeGreaterThan(anewCount), PATIENT);
      const isBack = () => {
        const anew = lines.findLastIndex((line) => line.includes('is started anew'));
        return lines.slice(anew).some((line) => line.startsWith('nats-server is ready'));
      };
      await vi.waitFor(() => expect(isBack()).toBe(true), PATIENT);
    }
  }

  async function deleteAnswers(): Promise<void> {
    for (const { id, neededBy } of await patiently(() => client.listAnswerTables())) {
      if (neededBy.length === 0) await patiently(() => client.deleteAnswerTable(id));
    }
  }

  /** Waits for the end of the run, and resumes it when it is paused. */
  async function succeeded(runId: string): Promise<Run> {
    for (;;) {
      const run = await patiently(() => client.getRun(runId));
      if (run.state === RunState.RUN_STATE_PAUSED) {
        expect(run.reason).toMatch(/no space left on device|disk is full|NATS/);
        await patiently(() => client.resumeRun(runId)).catch((err: unknown) => {
          // The run went on meanwhile.
          if (!(err instanceof LyceumError && err.code === 'FAILED_PRECONDITION')) throw err;
        });
      }
      if (hasEnded(run)) {
        expect(run.reason).toBe('');
        expect(run.state).toBe(RunState.RUN_STATE_SUCCEEDED);
        return run;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test('refuses a pushed data set, with the path and the room that is wanted', async () => {
    const bytes = encodeDataset(images());
    const push = () => client.pushArtifact(ARTIFACT_KIND_DATASET, 'images', bytes);
    await whileFull(async () => {
      await expect(push()).rejects.toMatchObject({
        code: 'RESOURCE_EXHAUSTED',
        message: expect.stringMatching(
          new RegExp(
            `^no space left on device for dataset images: [\\d,]+ MB are wanted on the disk of ${stateDir}/\\S+, and \\d+ MB are free`,
          ),
        ),
      });
    });
    await patiently(push);
  });

  test('refuses a submitted run, also as a dry run, and takes it once there is room', async () => {
    const teacher = JSON.stringify(TEACHER);
    const refused = {
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining(`run teacher: `),
    };
    await whileFull(async () => {
      await expect(client.submitRun(teacher)).rejects.toMatchObject(refused);
      await expect(client.submitRun(teacher, { dryRun: true })).rejects.toMatchObject(refused);
      expect(await client.listRuns()).toEqual([]);
    });
    await patiently(() => client.submitRun(teacher));
    await succeeded('teacher');
    await patiently(() => client.submitRun(JSON.stringify(RUN), { runId: 'undisturbed' }));
    undisturbed = (await succeeded('undisturbed')).finalWeightsDigest;
  });

  test('refuses a pushed model, and still gives reports, lists and students', async () => {
    const bytes = await client.pullArtifact(ARTIFACT_KIND_MODEL, 'run:teacher');
    await whileFull(async () => {
      const push = client.pushArtifact(ARTIFACT_KIND_MODEL, 'copy', bytes);
      await expect(push).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
      for (const args of [['report', 'undisturbed'], ['list'], ['workers'], ['models', 'list']]) {
        expect(await cli(args)).toMatchObject({ code: 0 });
      }
      const out = path.join(folder, 'pulled');
      expect(await cli(['pull', 'undisturbed', '--out', out])).toMatchObject({ code: 0 });
    });
    await patiently(() => client.pushArtifact(ARTIFACT_KIND_MODEL, 'copy', bytes));
  });

  test.each([
    ['has been submitted', () => true],
    ['trains', ({ progress }: Run) => (progress?.step ?? 0) > 0],
    ['has a checkpoint', ({ progress }: Run) => (progress?.checkpointStep ?? 0) > 0],
    [
      'is about to end',
      ({ progress }: Run) => (progress?.step ?? 0) > (progress?.stepCount ?? 0) - 30,
    ],
  ] as const)(
    'lets a run that %s go on once there is room, to the same weights',
    async (name, isThen) => {
      await deleteAnswers();
      const runId = name.replaceAll(' ', '-');
      await patiently(() => client.submitRun(JSON.stringify(RUN), { runId }));
      await vi.waitFor(async () => {
        const run = await client.getRun(runId);
        expect(isThen(run) || hasEnded(run)).toBe(true);
      }, PATIENT);
      // The run meets the full disk only when it writes again.
      await whileFull(() => new Promise((resolve) => setTimeout(resolve, 4_000)));
      const run = await succeeded(runId);
      expect(run.finalWeightsDigest).toBe(undisturbed);
      expect(run.attempt).toBe(1);
    },
  );

  test('a pull to a full disk of the client names the file, and leaves no half of it', async () => {
    const own = path.join(folder, 'own');
    const clientDisk = SmallDisk.mount(own, 1);
    try {
      await mkdir(path.join(own, 'out'));
      await clientDisk.fill();
      const { code, stderr } = await cli([
        ...['pull', 'undisturbed', '--out', path.join(own, 'out')],
      ]);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        new RegExp(
          `^error: cannot write ${own}/out/weights.bin: no space left on device \\(ENOSPC\\); \\d+ bytes were wanted, and \\d+ are free; make room`,
        ),
      );
      expect(await readdir(path.join(own, 'out'))).toEqual([]);
    } finally {
      clientDisk.unmount();
    }
  });
});
