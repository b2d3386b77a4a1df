/**
 * `datasets register` and `repack` of sets in shards. What Hugging Face's `datasets` and `webdataset` write is read
 * row for row as they read it. The libraries are installed, or pip fetches them into the cache; else the test is
 * skipped with the reason. A killed registration goes on where it was, and a set is repacked with a real coordinator.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  parseStoredDataset,
  SPLIT_NUMBERS,
  type SplitName,
  type StoredDataset,
} from '@lyceum/learning/datasets';
import { registerSet } from '@lyceum/learning/indexing';
import { openWindows } from '@lyceum/learning/windows';
import { AddressGuard, createLogger } from '@lyceum/platform';
import { openObjects } from '@lyceum/platform/objects';
import { ArtifactKind } from '@lyceum/proto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pythonWith } from '../../../coordinator/test/support.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { startCluster } from '../local-cluster/cluster-runs.js';
import { runCli, startCli } from './cli-process.js';

const REQUIREMENTS = ['datasets==5.2.0', 'webdataset==1.0.2', 'pillow==13.0.0', 'numpy'];
const SCRIPT = fileURLToPath(new URL('shard_sets.py', import.meta.url));

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';

const folder = mkdtempSync(path.join(tmpdir(), 'lyceum-register-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GRID = { height: 8, width: 8, channels: 3, fit: 'cover' } as const;

type Rows = Record<SplitName, [digest: string, label: number | null][]>;

test('sets of Hugging Face and WebDataset are read row for row as their libraries read them', async ({
  skip,
}) => {
  // dill takes a path with site-packages for a library, and does not pickle it.
  const python = await pythonWith('shard-sets-site-packages', REQUIREMENTS, 'datasets, webdataset');
  if (python.lack !== undefined) skip(python.lack);
  const root = path.join(folder, 'sets');
  await mkdir(root);
  const { code, stdout, stderr } = await python.run([SCRIPT, root]);
  expect(code, stderr).toBe(0);
  const found = JSON.parse(stdout) as { readonly hf: Rows; readonly wds: Rows };
  expect(await registeredRows(root, 'hf/')).toEqual({
    classNames: ['cat', 'dog', 'ant'],
    rows: found.hf,
  });
  expect(await registeredRows(root, 'wds/')).toEqual({
    classNames: ['0', '1', '2'],
    rows: found.wds,
  });
});

async function registeredRows(root: string, url: string) {
  const environment = {};
  const objects = openObjects({ datasetsRoot: root, guard: new AddressGuard([]), environment });
  const options = { sources: [url], grid: GRID, checksPictures: true };
  const cacheFolder = path.join(root, 'cache');
  const { manifest, summary } = await registerSet(options, { objects, cacheFolder });
  expect(summary.refused.count).toBe(0);
  const stored = parseStoredDataset(manifest);
  await openedByWorkers(root, stored, manifest);
  const { labels, splits, shards, classNames } = stored;
  const rows: Rows = { train: [], validation: [], test: [] };
  const names = Object.entries(SPLIT_NUMBERS) as [SplitName, number][];
  for (const [sample, label] of labels.entries()) {
    const split = names.find(([, number]) => number === splits[sample])?.[0] as SplitName;
    const digest = Buffer.from(shards?.digests.subarray(16 * sample, 16 * sample + 16) ?? []);
    rows[split].push([digest.toString('hex'), label < 0 ? null : label]);
  }
  return { classNames, rows };
}

/** Reads every picture as workers do, which check its digest. */
async function openedByWorkers(
  root: string,
  { digest, sampleCount }: StoredDataset,
  manifest: Buffer,
): Promise<void> {
  const file = path.join(root, 'manifest.npz');
  await writeFile(file, manifest);
  const places = { s3Endpoint: undefined, s3Region: undefined, environment: {} };
  const windows = openWindows({
    objects: { ...places, datasetsRoot: root, allowedAddresses: [] },
    memoryBytes: 2 ** 26,
    decodeThreads: 2,
    cacheFolder: undefined,
    cacheBytes: 0,
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  try {
    await windows.open({ digest, file });
    const all = Uint32Array.from({ length: sampleCount }, (_, sample) => sample);
    const window = await windows.window(digest, all);
    expect(window.inputs).toHaveLength(sampleCount * GRID.height * GRID.width * GRID.channels);
    window.release();
  } finally {
    await windows.close();
  }
}

describe('pictures sorted by class', () => {
  const root = path.join(folder, 'root');
  const cache = path.join(folder, 'cache');
  const options = ['--size', '8', '--cache', cache, '--datasets-root', root];
  let cluster: LocalCluster;

  beforeAll(async () => {
    for (const [n, name] of ['cat', 'dog', 'ant'].entries()) {
      const own = path.join(root, 'pets/train', name);
      await mkdir(own, { recursive: true });
      const background = { r: 80 * n, g: 0, b: 255 - 80 * n };
      const image = sharp({ create: { width: 16, height: 12, channels: 3, background } });
      await image.jpeg().toFile(path.join(own, '0.jpg'));
      for (let copy = 1; copy < 40; copy++)
        cpSync(path.join(own, '0.jpg'), path.join(own, `${copy}.jpg`));
    }
    const stateDir = path.join(folder, 'state');
    cluster = await startCluster({
      teacherWorkers: 0,
      studentWorkers: 0,
      stateDir,
    });
  });
  afterAll(() => cluster.stop());

  test('are registered and repacked to tars, and keep their labels and splits', async () => {
    const cli = (...args: string[]) => runCli(cluster.address, 'datasets', ...args);
    const registered = await cli('register', 'pets', 'pets/', ...options);
    expect(registered, registered.stderr).toMatchObject({ code: 0 });
    expect(registered.stderr).toContain(
      '120 of 8 × 8 (height × width), 3 channels, uint8, from images',
    );
    expect(registered.stderr).toMatch(/^mixing {4}a batch of \d+ has 3.0 distinct classes/m);
    const again = await cli('register', 'pets', 'pets/', ...options);
    expect(again.stderr).toContain('pets exists already, with the same content');

    const target = path.join(root, 'mixed/');
    const places = ['--cache', cache, '--datasets-root', root];
    const repacked = await cli('repack', 'pets', 'mixed', target, '--size', '6', ...places);
    expect(repacked, repacked.stderr).toMatchObject({ code: 0 });
    expect(readdirSync(target).sort()).toEqual([
      'test-0000.tar',
      'train-0000.tar',
      'validation-0000.tar',
    ]);
    const client = new CoordinatorClient(cluster.address);
    try {
      const [pets, mixed] = await Promise.all(
        ['pets', 'mixed'].map(async (name) =>
          parseStoredDataset(await client.pullArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, name)),
        ),
      );
      expect(mixed?.classNames).toEqual(['ant', 'cat', 'dog']);
      const facts = (set: typeof pets) =>
        Array.from(set?.labels ?? [], (label, sample) => `${set?.splits[sample]} ${label}`).sort();
      expect(facts(mixed)).toEqual(facts(pets));
      expect(mixed?.modalities.get('')?.sampleShape).toEqual([6, 6, 3]);
    } finally {
      client.close();
    }
    const other = await cli('repack', 'pets', 'mixed', target, '--size', '5', ...places);
    expect(other).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('mixed/ is not empty'),
    });
  });

  test('are refused for broken, missing or outside sources before a coordinator is asked', async () => {
    await writeFile(path.join(root, 'pets/train/cat/broken.jpg'), 'hello');
    const cli = (...args: string[]) =>
      runCli(NOBODY, 'datasets', 'register', 'pets', ...args, ...options);
    const refused = await cli('pets/');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('pets/train/cat/broken.jpg: does not begin as JPEG');
    const dry = await cli('pets/', '--skip-refused', '--dry-run', '-o', 'json');
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.stdout)).toMatchObject({
      summary: { samples: 120 },
      shards: { count: 1 },
    });
    expect(await cli('nowhere/')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nowhere'),
    });
    const outside = await cli('train=/elsewhere/pets/');
    expect(outside.code).toBe(2);
    expect(outside.stderr).toContain(
      `/elsewhere/pets/: is not below the datasets root ${root}; want a path in it, or another`,
    );
    expect(await runCli(NOBODY, 'datasets', 'register', 'pets', 'pets/')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("required option '--size"),
    });
  });
});

test('datasets register that was killed goes on with the shards that it had not read', async () => {
  const jpg = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  const place = path.join(folder, 'killed');
  const cache = path.join(place, 'cache');
  const cli = (...args: string[]) => [
    'datasets',
    'register',
    'served',
    ...args,
    '--size',
    '8',
    '--cache',
    cache,
  ];
  const tar = await tarOfPictures(jpg);
  const stands = new Set(['/9.tar', '/10.tar', '/11.tar']);
  const whole: string[] = [];
  const server = await servingTars(tar, (url, isWhole) => {
    if (isWhole) whole.push(url);
    return !stands.has(url);
  });
  const { port } = server.address() as AddressInfo;
  const urls = `http://127.0.0.1:${port}/{0..11}.tar`;
  try {
    const first = startCli(NOBODY, cli(urls, '--dry-run'));
    const indexes = () =>
      readdirSync(path.join(cache, 'shard-indexes')).filter((name) => name.endsWith('.npz'));
    await vi.waitFor(() => expect(indexes()).toHaveLength(9), { timeout: 60_000 });
    first.process.kill('SIGKILL');
    await first.result;
    stands.clear();
    whole.length = 0;
    const second = await runCli(NOBODY, ...cli(urls, '--dry-run', '-o', 'json'));
    expect(second, second.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(second.stdout)).toMatchObject({
      summary: { samples: 240 },
      shards: { count: 12 },
    });
    expect(whole.sort()).toEqual(['/10.tar', '/11.tar', '/9.tar']);
    // Node would warn if more than ten requests listened to one signal.
    expect(second.stderr).not.toContain('Warning');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** Twenty pictures of two classes, as `tar` itself writes them. */
async function tarOfPictures(jpg: Buffer): Promise<Buffer> {
  const place = path.join(folder, 'tar');
  await mkdir(place);
  const names: string[] = [];
  for (let n = 0; n < 20; n++) {
    for (const [ending, bytes] of [
      ['jpg', jpg],
      ['cls', `${n % 2}`],
    ] as const) {
      names.push(`${n}.${ending}`);
      await writeFile(path.join(place, `${n}.${ending}`), bytes);
    }
  }
  const file = path.join(folder, 'pictures.tar');
  execFileSync('tar', ['-cf', file, '-C', place, ...names]);
  return readFileSync(file);
}

/** Serves the tar at every path. @param isAnswered - false: the answer never comes. */
async function servingTars(
  tar: Buffer,
  isAnswered: (url: string, isWhole: boolean) => boolean,
): Promise<Server> {
  const server = createServer((request, response) => {
    const { url = '', method, headers } = request;
    const [, first, last] = /^bytes=(\d+)-(\d+)?$/.exec(headers.range ?? '') ?? [];
    const [start, end] = [Number(first ?? 0), Number(last ?? tar.length - 1) + 1];
    const common = { 'accept-ranges': 'bytes', etag: '"one"' };
    if (method === 'HEAD') {
      response.writeHead(200, { ...common, 'content-length': tar.length }).end();
      return;
    }
    if (!isAnswered(url, end - start === tar.length)) return;
    const isPart = first !== undefined;
    const range = isPart ? { 'content-range': `bytes ${start}-${end - 1}/${tar.length}` } : {};
    response.writeHead(isPart ? 206 : 200, { ...common, ...range, 'content-length': end - start });
    response.end(tar.subarray(start, end));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
