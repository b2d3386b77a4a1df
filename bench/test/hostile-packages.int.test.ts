/**
 * Hostile packages (src/hostile) against the real programs: pushed to a real coordinator, and given to a real teacher
 * worker as if its store had them. Their targets are real too: a file that must stay unread, and a folder where no
 * file may appear.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster, ModelTrial } from '@lyceum/cli/local-cluster';
import { openEngine } from '@lyceum/learning/tensorflow';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostilePackages } from '../src/hostile/hostile-packages.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-hostile-'));
const secret = join(root, 'secret');
const targets = join(root, 'targets');
const PACKAGES = hostilePackages({ secret, secretFolder: root, target: join(targets, 'target') });
const LONG_AGO = new Date(2000, 0, 1);

beforeAll(() => {
  mkdirSync(targets);
  // As floats 12 and more, which no answer of x·W can be; as text, one line.
  writeFileSync(secret, 'AAAABBBBCCCC\n');
});
afterAll(() => rmSync(root, { recursive: true }));

/** Checks that no file was written and, by its access time, that the secret was not read. */
async function untouched(attack: () => Promise<void>): Promise<void> {
  utimesSync(secret, LONG_AGO, LONG_AGO);
  await attack();
  expect(readdirSync(targets)).toEqual([]);
  expect(statSync(secret).atime).toEqual(LONG_AGO);
}

describe('a coordinator with hostile packages', () => {
  let cluster: LocalCluster;
  let client: CoordinatorClient;
  beforeAll(async () => {
    cluster = await LocalCluster.start({
      environment: process.env,
      teacherWorkers: 0,
      studentWorkers: 0,
      logLevel: 'warn',
    });
    client = new CoordinatorClient(cluster.address);
  });
  afterAll(async () => {
    client?.close();
    await cluster?.stop();
  });

  it.each(PACKAGES)('refuses or accepts as listed: $name', async ({ name, bytes, expected }) => {
    const { ARTIFACT_KIND_MODEL } = ArtifactKind;
    await untouched(async () => {
      const outcome = await client.pushArtifact(ARTIFACT_KIND_MODEL, 'hostile', bytes).then(
        () => 'harmless',
        (err: { code?: string }) => (err.code === 'INVALID_ARGUMENT' ? 'refused' : err),
      );
      expect(outcome, name).toBe(expected);
    });
  });

  it('stays alive', async () => {
    const http = cluster.processes.find(({ kind }) => kind === 'coordinator')?.http;
    expect((await fetch(`http://${http}/livez`)).status).toBe(200);
  });
});

/** Each attack worked on TensorFlow 2.21 while only some operations were forbidden. */
const ATTACKS = [
  'PrintV2 to a file',
  'ImmutableConst',
  'SaveV2 to a constant',
  'Save',
  'SaveSlices',
  'TextLineDataset',
  'SqlDataset',
  'CacheDatasetV2',
  'CreateSummaryFileWriter',
  'CreateSummaryDbWriter',
  'DebugIdentityV3',
  'in nested functions',
  'when it is loaded',
  'behind a harmless metagraph of more tags',
  'in the first of two graph fields',
];

describe('a teacher worker with hostile packages in its store', () => {
  const attacking = ATTACKS.map((name) => {
    const found = PACKAGES.find((one) => one.name === `SavedModel: ${name}`);
    if (found === undefined) throw new Error(`no package has the attack ${name}`);
    return found;
  });
  const harmless = PACKAGES.filter(({ expected }) => expected === 'harmless');

  it.for([...attacking, ...harmless])('is not harmed by $name', async (one, { skip }) => {
    skip((await openEngine()).name !== 'native', 'only the native engine runs SavedModels');
    const modelFile = join(root, 'model.zip');
    writeFileSync(modelFile, one.bytes);
    await untouched(async () => {
      const options = { modelFile, sampleCount: 4, seed: 1, computeThreads: 1 };
      if (one.expected === 'refused') {
        await expect(ModelTrial.open(options, new AbortController().signal)).rejects.toThrow(
          one.says as RegExp,
        );
        return;
      }
      const trial = await ModelTrial.open(options, new AbortController().signal);
      const { range } = await trial.try({ output: 'logits' });
      // |x| < 1, so |x·W| < 4.
      expect(Math.max(...range.map(Math.abs))).toBeLessThan(4);
      trial.close();
    });
  });
});
