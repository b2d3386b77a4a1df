/**
 * A teacher worker that serves a model, in a process of its own, asked by Triton's own Python client, unchanged: over
 * gRPC, and over HTTP with values in the JSON and behind it. The model is arithmetic of whole numbers, so that answers
 * are exact in every datatype. The client is installed, or pip fetches it into the cache; without it the tests are
 * skipped.
 */
import { fileURLToPath } from 'node:url';
import { encodeModelPackage, parseModelPackage } from '@lyceum/learning/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Python, pythonWith, tinyModelBytes } from '../../../coordinator/test/support.js';
import { type ServedModels, serveModels } from './served-models.js';

const TRITONCLIENT = 'tritonclient[grpc,http]>=2.40,<3';
const SCRIPT = fileURLToPath(new URL('triton_client.py', import.meta.url));
const [INPUTS, CLASSES, ROWS] = [6, 3, 5];
const NAMES = ['elm', 'ash: common', 'fir'];
/** Fetching takes half a minute where the network is fast. */
const FETCH_MS = 600_000;

let python: Python;
let server: ServedModels;

beforeAll(async () => {
  python = await pythonWith('tritonclient', [TRITONCLIENT], 'tritonclient.http, tritonclient.grpc');
  const weights = Array.from({ length: INPUTS * CLASSES }, (_, i) => weightOf(i));
  const model = parseModelPackage(tinyModelBytes(weights, INPUTS, CLASSES));
  const settings = { output: 'logits', classes: NAMES } as const;
  server = await serveModels({ sums: encodeModelPackage({ ...model, settings }) });
}, FETCH_MS);
afterAll(() => server?.kill());

/** The weight of input i div C and class i mod C. */
function weightOf(i: number): number {
  return (i % 5) - 2;
}

/** Logits of the first rows that the script asks about, by plain arithmetic. */
function logitsOf(rowCount: number): number[][] {
  const sample = (row: number) =>
    Array.from({ length: INPUTS }, (_, i) => ((row * INPUTS + i) * 7) % 13);
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: CLASSES }, (_, c) =>
      sample(row).reduce((sum, x, i) => sum + x * weightOf(i * CLASSES + c), 0),
    ),
  );
}

interface Asked {
  readonly answers: Readonly<Record<string, number[][]>>;
  readonly refusals: Readonly<Record<string, { status: string; message: string }>>;
  readonly metadata: object;
  readonly server: object;
  readonly config: object;
  readonly echoed: string;
  readonly best: readonly string[][];
}

describe.each(['grpc', 'http'] as const)('Triton client over %s', (protocol) => {
  let asked: Asked;

  beforeAll(async () => {
    if (python.lack !== undefined) return;
    const address = protocol === 'grpc' ? server.address : server.httpAddress;
    const { code, stdout, stderr } = await python.run([SCRIPT, protocol, address]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    asked = JSON.parse(stdout) as Asked;
  });

  const withClient = (name: string, holds: () => void) =>
    test(name, ({ skip }) => {
      if (python.lack !== undefined) skip(python.lack);
      holds();
    });

  withClient('describes the server and its models', () => {
    expect(asked).toMatchObject({
      live: true,
      ready: true,
      'model ready': [true, true, false, false],
      server: { name: 'lyceum-teacher-worker' },
      metadata: {
        name: 'sums',
        versions: ['1'],
        platform: expect.stringMatching(/^lyceum_/),
        inputs: [{ name: 'input', datatype: 'FP32' }],
        outputs: [{ name: 'logits', datatype: 'FP32' }],
      },
    });
    // The client writes int64 as texts over gRPC, as protobuf's JSON does.
    const { inputs, outputs } = asked.metadata as Record<string, { shape: unknown[] }[]>;
    expect(inputs?.[0]?.shape.map(Number)).toEqual([-1, INPUTS]);
    expect(outputs?.[0]?.shape.map(Number)).toEqual([-1, CLASSES]);
  });

  withClient("gives the greatest batch in Triton's configuration", () => {
    const { config = asked.config } = asked.config as { config?: object };
    expect(config).toMatchObject({
      name: 'sums',
      backend: 'lyceum',
      // 8 MiB less the envelope, by 4 bytes of 6 numbers.
      max_batch_size: 346_794,
      input: [{ name: 'input', data_type: 'TYPE_FP32' }],
      output: [{ name: 'logits', data_type: 'TYPE_FP32' }],
    });
    expect(JSON.stringify(config).replaceAll('"', '')).toMatch(/dims:\[6\].*dims:\[3\]/);
  });

  withClient('answers with the same logits for every datatype and form', () => {
    const names = Object.keys(asked.answers);
    expect(names).toHaveLength(protocol === 'http' ? 11 : 7);
    for (const [name, logits] of Object.entries(asked.answers)) {
      const rowCount = name.startsWith('one row') ? 1 : ROWS;
      expect({ name, logits }).toEqual({ name, logits: logitsOf(rowCount) });
    }
    expect(asked.echoed).toBe('q7');
  });

  withClient('gives the best classes with their names', () => {
    const best = logitsOf(2).map((row) =>
      [...row.keys()]
        .sort((a, b) => (row[b] as number) - (row[a] as number))
        .slice(0, 2)
        .map((c) => `${row[c]?.toFixed(6)}:${c}:${NAMES[c]}`),
    );
    expect(asked.best).toEqual(best);
  });

  withClient('refuses with status and reason what it does not offer', () => {
    const [notFound, invalid] =
      protocol === 'http'
        ? ['404', '400']
        : ['StatusCode.NOT_FOUND', 'StatusCode.INVALID_ARGUMENT'];
    const noModel = { status: notFound, message: 'there is no model nothing here; there is sums' };
    const { 'an extension': extension, compressed, ...refusals } = asked.refusals;
    expect(refusals).toEqual({
      'no such model': noModel,
      'metadata of no such model': noModel,
      'no such version': {
        status: notFound,
        message: 'model sums has version 1 only, not 2',
      },
      'wrong shape': {
        status: invalid,
        message: 'input input has shape [5, 4]; want [-1, 6], at least one row',
      },
      'no rows': {
        status: invalid,
        message: 'input input has shape [0, 6]; want [-1, 6], at least one row',
      },
      'wrong input': { status: invalid, message: 'want one input, input; got pixels' },
      texts: {
        status: invalid,
        message: expect.stringContaining('tensor input is of datatype BYTES; want BOOL, INT8'),
      },
      'another output': {
        status: invalid,
        message: 'there is no output features; want logits',
      },
    });
    expect(extension?.status).toBe(protocol === 'http' ? '404' : 'StatusCode.UNIMPLEMENTED');
    expect(compressed?.message).toBe(
      protocol === 'http' ? 'content-encoding gzip is not offered' : undefined,
    );
  });
});
