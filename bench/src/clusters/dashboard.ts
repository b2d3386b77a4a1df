/**
 * `dashboard`: how much do open pages cost the coordinator?
 *
 * A run learns from three teachers whose answers are looked up slowly, so that the coordinator has little else to do.
 * The dashboard is that of `serve --dashboard`. For five minutes, periods with five open streams (three of the run,
 * two of the list) and periods without alternate; the figure is the difference of the coordinator's processor time.
 * Then a run's page is opened a thousand times, and the bench measures by how much the coordinator's memory has grown.
 */
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { importPackaged } from '@lyceum/learning/import';
import { sleep } from '@lyceum/platform';
import { ArtifactKind } from '@lyceum/proto';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  distillation,
  figureOf,
  makeTeachers,
  median,
  progress,
  residentMib,
  spread,
  usage,
  withCluster,
} from '../measuring/index.js';

const LOOKUP_DELAY_MS = 20;
/** Steps of the run: more than the bench waits for. */
const STEPS = 10_000_000;
/** Seconds of a period; there are `PAIRS` periods with streams and as many without. */
const STRETCH_S = 15;
const PAIRS = 10;
const STREAMS = ['?run=long', '?run=long', '?run=long', '', ''];
const WARM_UP = 100;
const OPENINGS = 1000;
/** Calls of a browser that opens a run's page, besides the stream. */
const CALLS = ['cluster', 'runs', 'runs/long', 'runs/long/history?points=512', 'workers'];

interface Reading {
  /** The coordinator's processor time, in shares of a core. */
  readonly without: number;
  readonly withStreams: number;
  readonly openedMib: number;
  readonly laterMib: number;
}

export async function dashboard({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const dataset = importPackaged('digits', cacheFolder());
  const readings: Reading[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    readings.push(await readingOf(dataset, signal));
  }
  const shares = readings.map(({ withStreams, without }) => 100 * (withStreams - without));
  const figure = (label: string, unit: string, of: (reading: Reading) => number) =>
    figureOf(label, unit, readings.map(of));
  return {
    name: 'dashboard',
    value: median(shares),
    unit: '% of a core of the coordinator for five open streams',
    spread: spread(shares),
    figures: [
      figure('coordinator, no stream', '% of a core', ({ without }) => 100 * without),
      figureOf('five streams more', '% of a core', shares),
      figure(`after ${WARM_UP} openings`, 'MiB', ({ openedMib }) => openedMib),
      figure(`after ${OPENINGS} more`, 'MiB', ({ laterMib }) => laterMib),
    ],
    details: { readings },
  };
}

async function readingOf(dataset: Buffer, signal: AbortSignal): Promise<Reading> {
  const address = `127.0.0.1:${await freePort()}`;
  const shape = {
    ...{ teacherWorkers: 2, studentWorkers: 1, lookupDelayMs: LOOKUP_DELAY_MS, signal },
    env: { LYCEUM_DASHBOARD: address },
  };
  return withCluster(shape, async (cluster, client) => {
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
    await makeTeachers(client, signal);
    await client.submitRun(distillation({ name: 'long', model: 'mlp', steps: STEPS, viewSeed: 1 }));
    while ((await client.getRun('long')).progress?.step === undefined) await sleep(500, signal);
    const cpu = async () => (await usage(cluster))['coordinator'] ?? 0;
    const share = async () => {
      const before = await cpu();
      await sleep(STRETCH_S * 1000, signal);
      return ((await cpu()) - before) / STRETCH_S;
    };
    const [without, withStreams]: [number[], number[]] = [[], []];
    for (let pair = 1; pair <= PAIRS; pair++) {
      without.push(await share());
      const streams = await Promise.all(
        STREAMS.map((query) => openStream(`http://${address}/api/stream${query}`)),
      );
      withStreams.push(await share());
      for (const stream of streams) stream.destroy();
      progress(`${pair} of ${PAIRS}: ${without.at(-1)}, with five streams ${withStreams.at(-1)}`);
    }
    const pid = cluster.processes.find(({ workerId }) => workerId === 'coordinator')?.pid ?? 0;
    for (let n = 0; n < WARM_UP; n++) await openPage(address);
    const openedMib = await residentMib(pid);
    for (let n = 0; n < OPENINGS; n++) await openPage(address);
    const laterMib = await residentMib(pid);
    await client.cancelRun('long');
    return { without: mean(without), withStreams: mean(withStreams), openedMib, laterMib };
  });
}

/** Opens a run's page as a browser does, and closes it. */
async function openPage(address: string): Promise<void> {
  const page = await textAt(`http://${address}/`);
  for (const [, path = ''] of page.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)) {
    await textAt(`http://${address}${path}`);
  }
  const stream = await openStream(`http://${address}/api/stream?run=long`);
  for (const call of CALLS) await textAt(`http://${address}/api/${call}`);
  stream.destroy();
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

/** Resolves once the first event has come; later events are read and dropped. */
function openStream(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.once('data', () => resolve(response));
      response.resume();
      // A reader that closes its stream gets an error.
      response.on('error', () => undefined);
    }).once('error', reject);
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
