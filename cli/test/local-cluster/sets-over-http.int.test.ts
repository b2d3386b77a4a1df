/**
 * A set in tar shards behind a plain HTTP server, in a real cluster. While a run reads, the server resets connections,
 * is busy, cuts bodies off, sends slowly, or sends another part; later it has another version, or none. The weights
 * are those of an undisturbed run.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { GRID, pictureSet } from '../../../learning/test/windows/picture-set.js';
import { CoordinatorClient } from '../../src/client/index.js';
import { isPaused, runDocument, startCluster, succeeded, untilRun } from './cluster-runs.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

const split = (sample: number) => (sample < 800 ? 1 : sample < 920 ? 2 : 3);
const SET = { count: 1_000, chunk: 40, formats: ['tar', 'tar'] as const, split };
const ETAG = '"first"';
const RUN = 'photos';

/** What a request is to get. */
interface Part {
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
}

type Fault = (answer: ServerResponse, part: Part) => void;

/** Faults that pass: the request succeeds when it is sent again. */
const PASSING: readonly Fault[] = [
  function reset(answer) {
    answer.socket?.destroy();
  },
  function resetInTheBody(answer, { headers, bytes }) {
    answer.writeHead(206, headers);
    answer.write(bytes.subarray(0, bytes.length / 2), () => answer.socket?.destroy());
  },
  function endsEarly(answer, { headers, bytes }) {
    answer.writeHead(206, { ...headers, connection: 'close' });
    answer.write(bytes.subarray(0, bytes.length / 2), () => answer.socket?.end());
  },
  function busy(answer) {
    answer.writeHead(503, { 'retry-after': '1' }).end('busy');
  },
  function badGateway(answer) {
    answer.writeHead(502).end('<html>');
  },
  function slow(answer, { headers, bytes }) {
    answer.writeHead(206, headers);
    answer.write(bytes.subarray(0, bytes.length / 2));
    setTimeout(() => answer.end(bytes.subarray(bytes.length / 2)), 200);
  },
  function anotherPart(answer, { headers, bytes }) {
    const range = { 'content-range': 'bytes 0-0/1', 'content-length': '1' };
    answer.writeHead(206, { ...headers, ...range }).end(bytes.subarray(0, 1));
  },
];

const root = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
const server = createServer(answerTo);
/** Which fault befalls the next request. */
let nextFault: () => Fault | undefined = () => undefined;
let etag = ETAG;
function answerTo(request: IncomingMessage, answer: ServerResponse): void {
  const whole = readFileSync(join(root, request.url ?? ''));
  const [, from = 0, to = whole.length - 1] =
    /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const asked = request.headers['if-match'];
  if (asked !== undefined && asked !== etag) {
    answer.writeHead(412).end();
    return;
  }
  const start = Number(from);
  const bytes = whole.subarray(start, Number(to) + 1);
  const headers = {
    etag,
    'content-length': String(bytes.length),
    'content-range': `bytes ${start}-${start + bytes.length - 1}/${whole.length}`,
  };
  const fault = nextFault();
  if (fault === undefined) answer.writeHead(206, headers).end(bytes);
  else fault(answer, { headers, bytes });
}

let manifest: Buffer;
/** Weights of an undisturbed run. */
let calm: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  manifest = readFileSync((await pictureSet(root, { ...SET, base, etag: ETAG })).file);
  calm = await inNewCluster(finalWeights);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
});

/** Submits a run in a cluster whose caches are empty. @returns what `observe` returns. */
async function inNewCluster<T>(observe: (client: CoordinatorClient) => Promise<T>): Promise<T> {
  const cluster = await startCluster();
  const client = new CoordinatorClient(cluster.address);
  try {
    await client.pushArtifact(ARTIFACT_KIND_DATASET, 'photos', manifest);
    const size = GRID.height * GRID.width * GRID.channels;
    const weights = Array.from({ length: size * 2 }, (_, i) => 0.02 * ((i % 7) - 3));
    await client.pushArtifact(ARTIFACT_KIND_MODEL, 'teacher', tinyModelBytes(weights, size, 2));
    const document = runDocument('photos', {
      dataset: 'photos',
      teachers: [{ name: 'teacher', model: 'teacher' }],
      // There is nothing to learn from noise.
      teacherHealth: { accept: ['teacher'] },
      student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
      training: { batchSize: 32, epochs: 2, order: 'chunks', checkpointEverySteps: 10 },
    });
    await client.submitRun(document, { runId: RUN });
    return await observe(client);
  } finally {
    client.close();
    await cluster.stop();
  }
}

async function finalWeights(client: CoordinatorClient): Promise<string> {
  return (await succeeded(client, RUN)).finalWeightsDigest;
}

test('a run waits out faults that pass', async () => {
  let requests = 0;
  nextFault = () => {
    requests += 1;
    return requests % 2 === 0 ? PASSING[(requests / 2) % PASSING.length] : undefined;
  };
  expect(await inNewCluster(finalWeights)).toBe(calm);
  expect(requests).toBeGreaterThanOrEqual(2 * PASSING.length);
});

test.each<[string, () => void, RegExp]>([
  [
    'replaced',
    () => {
      etag = '"second"';
    },
    /shard-\d\.tar.*the object has changed/,
  ],
  [
    'gone',
    () => {
      nextFault = () => (answer) => answer.writeHead(404).end();
    },
    /shard-\d\.tar.*404/,
  ],
])('a run whose shards are %s pauses, and goes on when they are back', async (_, fault, said) => {
  nextFault = () => undefined;
  fault();
  const weights = await inNewCluster(async (client) => {
    await untilRun(client, RUN, isPaused);
    expect((await client.getRun(RUN)).reason).toMatch(said);
    etag = ETAG;
    nextFault = () => undefined;
    await client.resumeRun(RUN);
    return finalWeights(client);
  });
  expect(weights).toBe(calm);
});
