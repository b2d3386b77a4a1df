/** Sets of readers: of several modalities, in shards on a disk, in a bucket and on the web. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { mulberry32 } from '@lyceum/learning/arrays';
import { encodeStoredDataset } from '@lyceum/learning/datasets';
import { AddressGuard } from '@lyceum/platform';
import { openObjects } from '@lyceum/platform/objects';
import { picture, tarOf } from '../../../learning/test/indexing/tars.js';
import { pictureSet } from '../../../learning/test/windows/picture-set.js';
import { ObjectServer } from '../../../platform/test/objects/object-server.js';
import { startS3Server } from '../../../platform/test/support.js';
import type { Reader } from './at-hand.js';

const SAMPLE_COUNT = 60;
const SHARD_SAMPLES = 20;
const NUMBERS = Array.from({ length: SAMPLE_COUNT }, (_, n) => n);

/** Photos on the disk, tars in a bucket, and a Parquet file at an address. */
export async function shards(reader: Reader): Promise<void> {
  await reader.run('mkdir sets && cp -r photos sets/pets');
  reader.put('/mnt/sets', 'sets');
  await food(reader);
  await birds(reader);
}

async function food({ folder, put, afterwards }: Reader): Promise<void> {
  const root = join(folder, 'food');
  await mkdir(root);
  await pictureSet(root, { count: SAMPLE_COUNT, chunk: SHARD_SAMPLES, formats: ['parquet'] });
  const server = new ObjectServer(await readFile(join(root, 'rows-0.parquet')));
  afterwards(() => server.close());
  put('https://example.org', await server.listen());
  put('{00000..00007}', '00000');
}

async function birds({ run, put, lack, afterwards }: Reader): Promise<void> {
  const { server, lack: reason } = await startS3Server();
  if (server === undefined) {
    for (const command of ['register birds', 'repack birds']) {
      lack(`coordinator datasets ${command}`, reason);
    }
    return;
  }
  afterwards(() => server.stop());
  const { endpoint, bucket, environment } = server;
  const objects = openObjects({ guard: new AddressGuard([]), s3Endpoint: endpoint, environment });
  for (const [shard, name] of ['birds-0000', 'birds-0001', 'birds-test'].entries()) {
    const tar = await tarOfBirds(shard * SHARD_SAMPLES);
    await objects.write(`s3://${bucket}/${name}.tar`, Readable.from([tar]));
  }
  await objects.close();
  put('s3://sets/', `s3://${bucket}/`);
  put('{0000..0146}', '{0000..0001}');
  const variables = { ...environment, LYCEUM_S3_ENDPOINT: endpoint };
  for (const [name, value] of Object.entries(variables)) await run(`export ${name}=${value}`);
}

async function tarOfBirds(first: number): Promise<Buffer> {
  const numbers = NUMBERS.slice(first, first + SHARD_SAMPLES);
  const pictures = await Promise.all(numbers.map((n) => picture(n)));
  return tarOf(
    pictures.flatMap((bytes, n) => [
      [`${n}.jpg`, bytes] as const,
      [`${n}.cls`, `${n % 2}`] as const,
    ]),
  );
}

/** Films have a poster and facts, digits three tables, beats one, and senses arrays. */
export async function modalities({ folder }: Reader): Promise<void> {
  const label = (n: number) => (n % 2 === 0 ? 'even' : 'odd');
  for (const n of NUMBERS) {
    const posters = join(folder, 'posters', label(n));
    await mkdir(posters, { recursive: true });
    await writeFile(join(posters, `film-${n}.png`), await picture(n, 'png'));
  }
  const table = (name: string, head: string, row: (n: number) => string) =>
    writeFile(join(folder, name), `${[head, ...NUMBERS.map(row)].join('\n')}\n`);
  const value = (n: number, column: number) => (mulberry32(column, n) + (n % 2)).toFixed(3);
  await table('films.csv', 'film,minutes,label', (n) => `film-${n},${80 + n},${label(n)}`);
  const split = (n: number) => ['train', 'train', 'train', 'validation', 'test'][n % 5];
  const features = (n: number, seed: number) => `d${n},${value(n, seed)},${value(n, seed + 1)}`;
  await table('fac.csv', 'id,a,b,digit,split', (n) => `${features(n, 1)},${label(n)},${split(n)}`);
  await table('kar.csv', 'id,a,b', (n) => features(n, 3));
  await table('zer.csv', 'id,a,b', (n) => features(n, 5));
  const beat = (n: number) => `b${n},${value(n, 7)},${value(n, 8)},${value(n, 9)},${label(n)}`;
  await table('beats.csv', 'beat,ecg1,ecg2,pulse,label', beat);
  await writeFile(join(folder, 'senses.npz'), senses());
}

function senses(): Buffer {
  const modality = (seed: number, sampleShape: readonly number[]) => ({
    sampleShape,
    inputs: Float32Array.from({ length: SAMPLE_COUNT * 4 }, (_, i) => mulberry32(seed, i)),
    inputScale: 1,
  });
  return encodeStoredDataset({
    sampleCount: SAMPLE_COUNT,
    classCount: 2,
    classNames: ['even', 'odd'],
    labels: Int32Array.from(NUMBERS, (n) => n % 2),
    splits: Uint8Array.from(NUMBERS, (n) => 1 + (n % 3)),
    modalities: new Map([
      ['pixels', modality(1, [2, 2, 1])],
      ['sound', modality(2, [4])],
    ]),
  });
}
