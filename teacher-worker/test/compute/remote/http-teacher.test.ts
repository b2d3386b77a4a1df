/**
 * A teacher behind a real HTTP server in this process. The server says what it was asked, and fails as it is told; the
 * oracle of its answers is plain arithmetic on the samples.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseDataset, sampleTextsOf } from '@lyceum/learning/datasets';
import { checkEndpoint } from '@lyceum/learning/specification';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { AddressGuard, type Outside } from '@lyceum/platform';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { HttpTeacher } from '../../../src/compute/remote/http-teacher.js';
import type { KeptAnswers } from '../../../src/compute/remote/remote-place.js';
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

/** Of a sample's first value, as bytes: the class that the server answers. */
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
  kept = new Map();
  respond = (inputs) => ({ body: inputs.map((input) => ({ label: labelOf(input) })) });
});

/** Values are nested as [height][width][channel], in [0, 1]. */
function labelOf(input: unknown): string {
  const [[[value]]] = input as [[[number]]];
  return NAMES[classOfByte(Math.round(value * 255))] as string;
}

function open(fields: Record<string, unknown> = {}): Promise<HttpTeacher> {
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
  return HttpTeacher.open({
    model: { endpoint, settings: { output: 'probabilities' } },
    dataset,
    outside,
    kept,
  });
}

async function classesOf(opening: Promise<HttpTeacher>, rows = samples): Promise<number[]> {
  const request = { dataset, samples: rows, view: IDENTITY_VIEW, outputs: ['class'] };
  const teacher = await opening;
  const [answer] = await teacher.answer(request);
  return [...(answer?.values ?? [])];
}

it('answers with the class, asks about each sample once, and carries its secret', async () => {
  const teacher = open();
  expect(await classesOf(teacher)).toEqual(want);
  expect(await classesOf(teacher)).toEqual(want);
  // Loaded again, and called at another pace, it has not forgotten.
  const again = open({ concurrency: 1 });
  expect(await classesOf(again, samples.slice(0, 3))).toEqual(want.slice(0, 3));
  expect(asked.length).toBe(new Set(samples).size);
  expect(authorization).toBe('Bearer s3cret');
});

it('asks anew once it is to forget, and other endpoints keep what they have', async () => {
  const [teacher, other] = [open(), open({ answer: '/*/also' })];
  respond = (inputs) => ({ body: inputs.map((i) => ({ label: labelOf(i), also: labelOf(i) })) });
  await classesOf(teacher);
  await classesOf(other);
  asked = [];
  respond = (inputs) => ({ body: inputs.map(() => ({ label: NAMES[0] })) });
  (await teacher).forget();
  expect(await classesOf(teacher)).toEqual(want.map(() => 0));
  expect(asked.length).toBe(new Set(samples).size);
  expect(await classesOf(other)).toEqual(want);
  expect(asked.length).toBe(new Set(samples).size);
});

it('counts the calls that were answered, those too that nobody could read, and tells of each once', async () => {
  const plain = respond;
  // Of the 8 calls of at most 8 rows one is answered so that it must be tried again, and one is not answered at first.
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

it('keeps what was answered when a call fails, and asks for the rest alone', async () => {
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

it('hands back what a server that is away cannot answer', async () => {
  respond = () => ({ status: 503, body: 'busy' });
  await expect(classesOf(open())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('names the sample whose answer is no class, or takes it for none if the description says so', async () => {
  respond = (inputs) => ({ body: inputs.map(() => ({ label: 'zebra' })) });
  await expect(classesOf(open({ concurrency: 1 }))).rejects.toThrow(
    'sample 0: the response has a word of 5 characters that is none of a, b, c, d, e',
  );
  expect(await classesOf(open({ otherwise: 'abstain' }))).toEqual(want.map(() => -1));
  const classes = { zebra: 'c' };
  expect(await classesOf(open({ classes }))).toEqual(want.map(() => 2));
});

it('refuses other outputs, classes that the set has not, and secrets that are not there', async () => {
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

it('sends the text that a sample was made of, where there is one', async () => {
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
