/**
 * Inference servers (Open Inference Protocol, gRPC and HTTP) that refuse the samples of one set and take those of
 * another, in a real cluster. The run that asks is at fault: it is paused with the reason; the teacher stays loaded on
 * its one worker, and other runs of it go on.
 */
import { encodeDataset } from '@lyceum/learning/datasets';
import { tensorNumbers } from '@lyceum/learning/open-inference';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type Behaviour,
  behaviour,
  endAll,
  SAMPLE,
  startGrpc,
  startHttp,
} from '../../../learning/test/open-inference/arithmetic-server.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import {
  hasTaken,
  isPaused,
  runDocument,
  startCluster,
  succeeded,
  untilRun,
} from './cluster-runs.js';
import { numbers } from './small-images.js';

const { ARTIFACT_KIND_DATASET } = ArtifactKind;
const TRANSPORTS = [
  ['grpc', startGrpc],
  ['http', startHttp],
] as const;
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

let cluster: LocalCluster;
let client: CoordinatorClient;
/** How many requests were refused, and whether servers still refuse any. */
let refused = 0;
let isStrict = true;

/** Takes numbers up to 1, as in pictures; one set has greater ones. */
const refuseGreat: Behaviour['before'] = ({ inputs: [input], rawInputContents }) => {
  const values = input === undefined ? [] : tensorNumbers(input, rawInputContents[0]);
  if (!isStrict || values.every((value) => Math.abs(value) <= 1)) return;
  refused++;
  throw new LyceumError('INVALID_ARGUMENT', 'pixels beyond 1');
};

beforeAll(async () => {
  cluster = await startCluster({
    studentWorkers: 2,
  });
  client = new CoordinatorClient(cluster.address);
  for (const [name, factor] of Object.entries({ fitting: 1, great: 255 })) {
    const bytes = setBytes(numbers(factor, 400 * 4).map((value) => value * factor));
    await client.pushArtifact(ARTIFACT_KIND_DATASET, name, bytes);
  }
  for (const [name, start] of TRANSPORTS) {
    const { url } = await start(behaviour({ before: refuseGreat }));
    const description = checkInferenceDescription({ url, model: 'sums' }, 'test');
    await client.pushInferenceModel(name, description);
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await endAll();
});

function setBytes(inputs: Float32Array): Buffer {
  const sampleCount = 400;
  return encodeDataset({
    sampleShape: [...SAMPLE, 1],
    sampleCount,
    classCount: 3,
    classNames: ['a', 'b', 'c'],
    inputs,
    inputScale: 1,
    labels: Int32Array.from({ length: sampleCount }, (_, i) => i % 3),
    splits: Uint8Array.from({ length: sampleCount }, (_, i) => (i < 320 ? 1 : i < 360 ? 2 : 3)),
  });
}

function specification(name: string, dataset: string, model: string, steps = 30): string {
  return runDocument(name, {
    dataset,
    teachers: [{ name: 'far', model, access: 'gray' }],
    teacherHealth: { accept: ['far'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    objective: [{ term: 'kd', weight: 0.5 }, { term: 'ce' }],
    // No epoch's answers serve another: teachers are asked to the end.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, steps, checkpointEverySteps: 10 },
  });
}

test.each(TRANSPORTS)(
  'a data set that a server refuses over %s pauses its run, and no other',
  async (name) => {
    refused = 0;
    // The worker's first ticket for this teacher: it is loaded with the refused set.
    await client.submitRun(specification(`${name}-great`, 'great', name));
    expect((await untilRun(client, `${name}-great`, isPaused)).reason).toMatch(
      name === 'grpc' ? /far.*pixels beyond 1/ : /far.*answers HTTP 400/,
    );
    expect(refused).toBeGreaterThan(0);
    expect(await client.listQuarantines()).toEqual([]);
    await client.submitRun(specification(`${name}-fitting`, 'fitting', name, 600));
    // While this run trains, the other is resumed, and paused again.
    await untilRun(client, `${name}-fitting`, hasTaken(20));
    await client.resumeRun(`${name}-great`);
    await untilRun(client, `${name}-great`, isPaused);
    await succeeded(client, `${name}-fitting`);
    expect(await client.listQuarantines()).toEqual([]);
    isStrict = false;
    await client.resumeRun(`${name}-great`);
    await succeeded(client, `${name}-great`);
    isStrict = true;
  },
);

test.each(TRANSPORTS)('a dry run asks a server about one batch, over %s', async (name) => {
  const dry = (dataset: string) =>
    client.submitRun(specification('dry', dataset, name), { dryRun: true });
  expect((await dry('fitting')).warnings).toEqual([]);
  await expect(dry('great')).rejects.toThrow(
    name === 'grpc'
      ? /spec\.teachers\[0\]: does not answer: grpc:.*pixels beyond 1/
      : /spec\.teachers\[0\]: does not answer: http:.*answers HTTP 400/,
  );
});
