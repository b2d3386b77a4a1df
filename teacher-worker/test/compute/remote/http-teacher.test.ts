/**
 * A teacher behind a real HTTP server in this process. The server records what it was asked, and fails as the test
 * says; the oracle of its answers is plain arithmetic on the samples.
 */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'; // biome-ignore format: one line
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDataset, sampleTextsOf } from '@lyceum/learning/datasets';
import { describeEndpoint, type EndpointPackage } from '@lyceum/learning/formats';
import { checkEndpoint } from '@lyceum/learning/specification';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { AddressGuard, type Outside } from '@lyceum/platform';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HttpTeacher } from '../../../src/compute/remote/http-teacher.js';
import { KeptAnswers } from '../../../src/compute/remote/kept-answers.js';
import { makeDataset } from '../../teachers-and-set.js';

const dataset = parseDataset(makeDataset().bytes);
const NAMES = dataset.classNames;
const samples = Uint32Array.from({ length: 60 }, (_, i) => (i * 7) % 1000);
const outside: Outside = {
  secrets: {
    folder: undefined,
    variables: { LYCEUM_SECRET_API_TOKEN: 's3cret', LYCEUM_HOSTS_OF_API_TOKEN: '127.0.0.1' },
    unboundGo: 'nowhere',
  },
  addresses: new AddressGuard(['127.0.0.1']),
};

let server: Server;
let url: string;
/** Samples that reached the server, and how it answers the nth call. */
let asked: unknown[] = [];
let respond: (inputs: unknown[], call: number) => { status?: number; body: unknown };
let authorization: string | undefined;
let kept: KeptAnswers;

/** The class that the server answers, by the sample's first value as a byte. */
const classOfByte = (byte: number): number => byte % NAMES.length;
const firstByte = (sample: number): number => dataset.inputs[sample * 36] as number;
const want = [...samples].map((sample) => classOfByte(firstByte(sample)));

beforeAll(async () => {
  let calls = 0;
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      authorization = request.headers.authorization;
      const { inputs } = JSON.parse(Buffer.concat(parts).toString()) as { inputs: unknown[] };
      const { status = 200, body } = respond(inputs, ++calls);
      if (status === 200) asked.push(...inputs);
      response.writeHead(status).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  kept = new KeptAnswers(undefined);
  respond = (inputs) => ({ body: inputs.map((input) => ({ label: labelOf(input) })) });
});

/** Values are nested as [height][width][channel], in [0, 1]. */
function labelOf(input: unknown): string {
  const [[[value]]] = input as [[[number]]];
  return NAMES[classOfByte(Math.round(value * 255))] as string;
}

function packageOf(fields: Record<string, unknown>): EndpointPackage {
  const endpoint = checkEndpoint(
    {
      url,
      headers: { authorization: { secret: 'api-token', prefix: 'Bearer ' } },
      request: { inputs: '$inputs' },
      answer: '/*/label',
      batch: 8,
      attempts: 2,
      ...fields,
    },
    'endpoint',
  );
  return { endpoint, settings: { output: 'probabilities' } };
}

function open(fields: Record<string, unknown> = {}): Promise<HttpTeacher> {
  return HttpTeacher.open({ model: packageOf(fields), dataset, outside, kept });
}

async function classesOf(
  opening: HttpTeacher | Promise<HttpTeacher>,
  rows = samples,
  isProbe = false,
): Promise<number[]> {
  const request = { dataset, samples: rows, view: IDENTITY_VIEW, outputs: ['class'], isProbe };
  const teacher = await opening;
  const [answer] = await teacher.answer(request);
  return [...(answer?.values ?? [])];
}

it('gives the class, asks about each sample once, and sends its secret', async () => {
  const teacher = open();
  expect(await classesOf(teacher)).toEqual(want);
  expect(await classesOf(teacher)).toEqual(want);
  // A new teacher with another pace still has the kept answers.
  const again = open({ concurrency: 1 });
  expect(await classesOf(again, samples.slice(0, 3))).toEqual(want.slice(0, 3));
  expect(asked.length).toBe(new Set(samples).size);
  expect(authorization).toBe('Bearer s3cret');
});

it('asks a probe anew after forget, and drops its kept answers if the new ones differ', async () => {
  const [teacher, other] = [await open(), await open({ answer: '/*/also' })];
  respond = (inputs) => ({ body: inputs.map((i) => ({ label: labelOf(i), also: labelOf(i) })) });
  await classesOf(teacher);
  await classesOf(other);
  const probed = samples.slice(0, 8);
  const probe = (rows = probed) => classesOf(teacher, rows, true);
  asked = [];
  expect(await probe()).toEqual(want.slice(0, 8));
  expect(asked).toEqual([]);
  // The endpoint answers as before: kept answers stay. A probe may come in parts.
  teacher.forget();
  expect(await probe()).toEqual(want.slice(0, 8));
  expect(await probe(samples.slice(8, 16))).toEqual(want.slice(8, 16));
  expect(asked.length).toBe(16);
  expect(await classesOf(teacher)).toEqual(want);
  expect(asked.length).toBe(16);
  // The probe fails, then asks for all of its samples again.
  teacher.forget();
  const plain = respond;
  respond = () => ({ status: 503, body: 'busy' });
  await expect(probe()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  asked = [];
  respond = (inputs) => ({ body: inputs.map(() => ({ label: NAMES[0] })) });
  expect(await probe()).toEqual(probed.reduce<number[]>((all) => [...all, 0], []));
  expect(asked.length).toBe(8);
  // The endpoint has changed: only its new answers are kept.
  respond = plain;
  asked = [];
  const mixed = await classesOf(teacher);
  expect(mixed.slice(0, 8)).toEqual(new Array(8).fill(0));
  expect(mixed.slice(8)).toEqual(want.slice(8));
  expect(asked.length).toBe(new Set(samples).size - 8);
  expect(await classesOf(other)).toEqual(want);
  expect(asked.length).toBe(new Set(samples).size - 8);
});

it('counts each answered call once, also one whose answer could not be read', async () => {
  const plain = respond;
  // Of the 8 calls with at most 8 rows, one is answered unreadably and must be repeated, and one is refused at first.
  let [broken, refused] = [true, true];
  respond = (inputs) => {
    if (refused) {
      refused = false;
      return { status: 503, body: 'busy' };
    }
    const body = broken ? [] : plain(inputs, 0).body;
    broken = false;
    return { body };
  };
  const teacher = await open({ concurrency: 1, attempts: 3 });
  expect(await classesOf(Promise.resolve(teacher))).toEqual(want);
  const distinct = new Set(samples).size;
  const used = { count: Math.ceil(distinct / 8) + 1, inputTokens: 0, outputTokens: 0 };
  expect(teacher.used()).toEqual(used);
  // Kept answers cost nothing.
  await classesOf(Promise.resolve(teacher));
  expect(teacher.used()).toEqual({ count: 0, inputTokens: 0, outputTokens: 0 });
});

it('keeps answers over a kill, and asks again only about those that the file has lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-answers-'));
  try {
    kept = new KeptAnswers(folder);
    respond = (inputs, call) =>
      call % 3 === 0 ? { status: 400, body: 'no' } : { body: inputs.map((i) => ({ label: labelOf(i) })) }; // biome-ignore format: one line
    await expect(classesOf(open({ concurrency: 1 }))).rejects.toThrow('answers 400');
    respond = (inputs) => ({ body: inputs.map((input) => ({ label: labelOf(input) })) });
    // Another process: the first one left only its files, with the last record half written.
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    appendFileSync(file, Buffer.from([1, 2, 3]));
    kept = new KeptAnswers(folder);
    expect(await classesOf(open())).toEqual(want);
    expect(asked.length).toBe(new Set(samples).size);

    const bytes = readFileSync(file);
    expect(bytes.length).toBe(12 * asked.length);
    bytes.writeInt32LE(bytes.readInt32LE(28) ^ 1, 28);
    writeFileSync(file, bytes);
    asked = [];
    kept = new KeptAnswers(folder);
    expect(await classesOf(open())).toEqual(want);
    expect(asked.length).toBe(1);

    // The folder cannot be made: answers count all the same.
    kept = new KeptAnswers(join(file, 'below'));
    expect(await classesOf(open())).toEqual(want);
    kept = new KeptAnswers(folder);

    // Another endpoint's answers stay.
    const other = open({ revision: 'other' });
    await classesOf(other);
    kept.forget(describeEndpoint(packageOf({})).answersDigest);
    expect(readdirSync(folder)).toHaveLength(1);
    asked = [];
    kept = new KeptAnswers(folder);
    await classesOf(open({ revision: 'other' }));
    expect(asked).toEqual([]);
    await classesOf(open());
    expect(asked.length).toBe(new Set(samples).size);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('sends pictures as PNG in base64', async () => {
  const bytes: number[] = [];
  respond = (inputs) => {
    for (const input of inputs) bytes.push(String(input).length);
    return { body: inputs.map(() => ({ label: 'a' })) };
  };
  expect(await classesOf(open({ input: 'png' }))).toEqual(want.map(() => 0));
  const file = Buffer.from(String(asked[0]), 'base64');
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([6, 6]);
  const sent = [...samples].map(firstByte);
  expect(sent).toContain(data[0]);
});

it('keeps earlier answers when a call fails, and then asks only for the rest', async () => {
  let failing = true;
  const plain = respond;
  respond = (inputs, call) =>
    failing && call % 2 === 0 ? { status: 400, body: 'no' } : plain(inputs, call);
  const teacher = open({ concurrency: 1 });
  await expect(classesOf(teacher)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(asked.length).toBeGreaterThan(0);
  failing = false;
  expect(await classesOf(teacher)).toEqual(want);
  expect(asked.length).toBe(new Set(samples).size);
});

it('says at the end of a turn how many samples are left, and why the last call failed', async () => {
  const [first, ...others] = samples;
  let answered = 0;
  respond = (inputs) =>
    answered++ === 0 ? { body: [{ label: labelOf(inputs[0]) }] } : { status: 503, body: 'busy' };
  const model = packageOf({ batch: 1, concurrency: 1, attempts: 20 });
  const teacher = HttpTeacher.open({ model, dataset, outside, kept, turnMs: 4000 });
  await expect(classesOf(teacher)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `1 of ${1 + others.length} samples answered in 4 s; the last failure: answers 503 Service Unavailable, 6 bytes; the rest is asked in the next turn`,
  });
  expect(await classesOf(teacher, Uint32Array.of(first as number))).toEqual(want.slice(0, 1));
});

it('fails as UNAVAILABLE when the server answers 503', async () => {
  respond = () => ({ status: 503, body: 'busy' });
  await expect(classesOf(open())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('names a sample whose answer is no class, or reads it as the description says', async () => {
  respond = (inputs) => ({ body: inputs.map(() => ({ label: 'zebra' })) });
  await expect(classesOf(open({ concurrency: 1 }))).rejects.toThrow(
    'sample 0: the response has a word of 5 characters that is none of a, b, c, d, e',
  );
  expect(await classesOf(open({ otherwise: 'abstain' }))).toEqual(want.map(() => -1));
  const classes = { zebra: 'c' };
  expect(await classesOf(open({ classes }))).toEqual(want.map(() => 2));
});

it('asks again when a list has an answer too few or too many', async () => {
  const plain = respond;
  let wrong = 0;
  respond = (inputs, call) => {
    const list = plain(inputs, call).body as object[];
    wrong += 1;
    if (wrong === 1) list.splice(2, 1);
    if (wrong === 2) list.unshift({ label: NAMES[0] });
    return { body: list };
  };
  expect(await classesOf(open({ concurrency: 1, attempts: 3 }))).toEqual(want);
  respond = (inputs) => ({ body: [...inputs, 'more'].map(() => ({ label: NAMES[0] })) });
  await expect(classesOf(open({ revision: 'other', concurrency: 1 }))).rejects.toThrow(
    'the response has a list of 9 for 8 samples, so it is not known which answer is whose; tried 2 times',
  );
});

it('reads answers in a mapping by their positions', async () => {
  respond = (inputs) => ({
    body: { at: { ...inputs.map((input) => labelOf(input)), model: 'm' } },
  });
  expect(await classesOf(open({ answer: '/at/*' }))).toEqual(want);
});

it('refuses other outputs, classes that the set does not have, and missing secrets', async () => {
  const logits = (await open()).answer({
    dataset,
    samples,
    view: IDENTITY_VIEW,
    outputs: ['logits'],
  });
  await expect(logits).rejects.toThrow(
    'gives class alone, not logits; its access in a run is black',
  );
  await expect(open({ classes: { x: 'zebra' } })).rejects.toThrow(
    'name zebra, and the data set has a, b, c, d, e',
  );
  await expect(open({ headers: { key: { secret: 'other' } } })).rejects.toThrow(
    'LYCEUM_SECRET_OTHER',
  );
});

it('sends the text of a sample, and refuses a set without texts', async () => {
  const texts = sampleTextsOf(Array.from({ length: dataset.sampleCount }, (_, i) => `text ${i}`));
  respond = (inputs) => ({ body: inputs.map(() => ({ label: 'b' })) });
  const [answer] = await (await open({ input: 'text' })).answer({
    dataset: { ...dataset, texts },
    samples: samples.slice(0, 3),
    view: IDENTITY_VIEW,
    outputs: ['class'],
  });
  expect([...(answer?.values ?? [])]).toEqual([1, 1, 1]);
  expect(asked).toEqual([...samples.slice(0, 3)].map((sample) => `text ${sample}`));
  await expect(classesOf(open({ input: 'text' }))).rejects.toThrow('was not made of texts');
});

it('sends the table row of a sample by column names, and refuses a set without a table', async () => {
  const columns = [
    { name: 'town', kind: 'category' },
    { name: 'age', kind: 'number' },
  ] as const;
  const { sampleCount } = dataset;
  const cells = {
    numbers: Float64Array.from({ length: sampleCount }, (_, i) =>
      i % 2 === 0 ? i / 4 : Number.NaN,
    ),
    categories: sampleTextsOf(Array.from({ length: sampleCount }, (_, i) => `town ${i}`)),
  };
  respond = (inputs) => ({ body: inputs.map(() => ({ label: 'b' })) });
  const [answer] = await (await open({ input: 'row' })).answer({
    dataset: { ...dataset, columns, cells },
    samples: Uint32Array.of(6, 3),
    view: IDENTITY_VIEW,
    outputs: ['class'],
  });
  expect([...(answer?.values ?? [])]).toEqual([1, 1]);
  expect(asked).toEqual([
    { town: 'town 6', age: 1.5 },
    { town: 'town 3', age: null },
  ]);
  await expect(classesOf(open({ input: 'row' }))).rejects.toThrow('was not made of a table');
});
