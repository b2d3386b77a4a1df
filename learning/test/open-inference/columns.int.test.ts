/**
 * Models behind a real inference server (gRPC and HTTP) that read the columns of a table, one per input, or a text.
 * Expected values are plain arithmetic on the cells of the set.
 */
import { LyceumError, type ModelInferRequest } from '@lyceum/proto';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { columnCells, type Dataset, type TableCells } from '../../src/datasets/index.js';
import { describePackagedModel, parsePackagedModel } from '../../src/formats/packaged-model.js';
import { encodeRemotePackage } from '../../src/formats/remote/remote-package.js';
import { requireUnchanged } from '../../src/open-inference/find-model.js';
import { questionReader, requireSamples } from '../../src/open-inference/questions.js';
import { tensorNumbers, tensorTexts } from '../../src/open-inference/tensor-bytes.js';
import { IDENTITY_VIEW } from '../../src/views/index.js';
import { readPeople, samplesOf, tradesOf } from '../people.js';
import {
  type Behaviour,
  BOTH,
  behaviour,
  CLASSES,
  endAll,
  startGrpc,
  startHttp,
} from './arithmetic-server.js';
import { found } from './found-sums.js';

let people: Dataset;
beforeAll(async () => {
  people = await readPeople();
});
afterEach(endAll);

const COLUMNS = [
  { name: 'age', datatype: 'FP64', shape: [-1] },
  { name: 'trade', datatype: 'BYTES', shape: [-1, 1] },
  { name: 'hours_per_week', datatype: 'FP32', shape: [-1, 1] },
];

/** Logits of a row from its numbers, some of which are missing, and from its trade. */
function logits(age: number, trade: string, hours: number): number[] {
  const known = (value: number) => (Number.isNaN(value) ? -1 : value / 8);
  return [known(age), Buffer.byteLength(trade), known(hours)];
}

/** Reads a cell of a request by input name and row. */
function cellsOf({ inputs, rawInputContents }: ModelInferRequest) {
  return (name: string, row: number): number | string | undefined => {
    const place = inputs.findIndex((input) => input.name === name);
    const [input, raw] = [inputs[place], rawInputContents[place]];
    if (input === undefined) return undefined;
    return input.datatype === 'BYTES'
      ? tensorTexts(input, raw)[row]
      : tensorNumbers(input, raw)[row];
  };
}

const model: Behaviour['model'] = (request) => {
  const cell = cellsOf(request);
  const rows = request.inputs[0]?.shape[0] ?? 0;
  return Float32Array.from(
    Array.from({ length: rows }, (_, row) =>
      logits(
        Number(cell('age', row)),
        String(cell('trade', row)),
        Number(cell('hours_per_week', row)),
      ),
    ).flat(),
  );
};

const readers = (changes: Partial<Behaviour> = {}) =>
  behaviour({ inputs: COLUMNS, model, ...changes });

function answers({ remote, model: asked }: Awaited<ReturnType<typeof found>>, dataset: Dataset) {
  const samples = samplesOf(dataset);
  const read = questionReader(remote, dataset);
  return asked.infer(samples.length, (first, count) =>
    read(samples.subarray(first, first + count), IDENTITY_VIEW),
  );
}

function wanted(): Float32Array {
  const { columns = [], cells } = people;
  const own = columnCells(columns, cells as TableCells);
  const at = (name: string, sample: number) =>
    own[columns.findIndex((column) => column.name === name)]?.at(sample);
  return Float32Array.from(
    [...samplesOf(people)].flatMap((sample) =>
      logits(
        Number(at('age', sample)),
        String(at('trade', sample)),
        Number(at('hours per-week', sample)),
      ),
    ),
  );
}

test.each(BOTH)('a remote model gets the cells of each row, over %s', async (_, start) => {
  const server = readers({ maxRows: 50 });
  const asked = await found(await start(server));
  expect(asked.remote.found.rows).toBe(32);
  expect(await answers(asked, people)).toEqual(wanted());
  const packaged = parsePackagedModel(encodeRemotePackage(asked.remote));
  expect(packaged.model).toEqual(asked.remote);
  expect(describePackagedModel(packaged)).toMatchObject({
    reads: 'columns',
    columns: [
      { name: 'age', kind: 'number' },
      { name: 'trade', kind: 'category' },
      { name: 'hours_per_week', kind: 'number' },
    ],
  });
  const last = server.seen.at(-1);
  expect(last?.inputs.map(({ datatype, shape }) => [datatype, ...shape])).toEqual([
    ['FP64', 24],
    ['BYTES', 24, 1],
    ['FP32', 24, 1],
  ]);
  // MLServer makes a data frame of the inputs if the request says so.
  const type = { $case: 'stringParam', stringParam: 'pd' };
  expect(last?.parameters['content_type']?.parameterChoice).toEqual(type);
  const text = { $case: 'stringParam', stringParam: 'str' };
  expect(last?.inputs[1]?.parameters['content_type']?.parameterChoice).toEqual(text);
});

test('a server with a fixed row count gets full requests, also for the last rows', async () => {
  const inputs = COLUMNS.map((input) => ({ ...input, shape: [7, ...input.shape.slice(1)] }));
  const asked = await found(await startGrpc(readers({ inputs, fixedRows: 7 })));
  expect(await answers(asked, people)).toEqual(wanted());
});

test.each(BOTH)(
  'a remote model of one text gets the texts of a data set, over %s',
  async (_, start) => {
    const inputs = [{ name: 'comment', datatype: 'BYTES', shape: [-1] }];
    const lengths: Behaviour['model'] = (request) => {
      const cell = cellsOf(request);
      const rows = request.inputs[0]?.shape[0] ?? 0;
      return Float32Array.from(
        { length: rows * CLASSES },
        (_, i) =>
          Buffer.byteLength(String(cell('comment', Math.floor(i / CLASSES)))) * (i % CLASSES),
      );
    };
    const server = readers({ inputs, model: lengths });
    const asked = await found(await start(server));
    const trades = tradesOf(people);
    const given = await answers(asked, trades);
    const want = [...samplesOf(people)].flatMap((sample) => {
      const length = wanted()[sample * CLASSES + 1] as number;
      return [0, length, 2 * length];
    });
    expect([...given]).toEqual(want);
    expect(server.seen.at(-1)?.parameters).toEqual({});
  },
);

test('long texts are split over several requests by their bytes', async () => {
  const inputs = [{ name: 'comment', datatype: 'BYTES', shape: [-1] }];
  const server = readers({
    inputs,
    model: ({ inputs: [input] }) => new Float32Array((input?.shape[0] ?? 0) * CLASSES).fill(1),
  });
  const asked = await found(await startGrpc(server));
  server.seen = [];
  const text = 'é'.repeat(1_500_000);
  const rows = (first: number, count: number) => [
    {
      name: 'comment',
      datatype: 'BYTES' as const,
      shape: [count],
      values: Array<string>(count).fill(`${first}${text}`),
    },
  ];
  await asked.model.infer(5, rows);
  const counts = server.seen.map(({ inputs: [input] }) => input?.shape[0]);
  expect(counts).toEqual([2, 1, 2]);
});

test('the columns setting names the columns of an input with several values', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
  const sums: Behaviour['model'] = ({ inputs: [input], rawInputContents: [raw] }) => {
    const values = tensorNumbers(input as never, raw);
    return Float32Array.from({ length: (values.length / 2) * CLASSES }, (_, i) => {
      const row = Math.floor(i / CLASSES) * 2;
      return i % CLASSES === 2 ? 0 : (values[row + (i % CLASSES)] as number);
    });
  };
  const { url } = await startGrpc(readers({ inputs, model: sums }));
  const settings = { columns: ['hours per-week', 'age'], output: 'logits' };
  const asked = await found({ url }, {}, settings);
  const given = await answers(asked, people);
  const [, , hours = 0] = wanted();
  expect([...given.subarray(0, 3)]).toEqual([hours * 8, 70, 0]);
});

test('a server that refuses unknown words is pushed with the example rows of its description', async () => {
  const server = readers({
    model: (request, own) => {
      const trade = cellsOf(request)('trade', 0);
      if (trade !== 'smith') throw new LyceumError('INTERNAL', `unknown category ${trade}`);
      return model(request, own);
    },
  });
  const { url } = await startGrpc(server);
  await expect(found({ url })).rejects.toThrow(
    /unknown category The train.*; it was asked about made-up rows: .* examples: \[\{ COLUMN: VALUE, … \}\]/,
  );
  const examples = [{ age: 39, trade: 'smith', hours_per_week: 40 }];
  const { remote, server: client } = await found({ url }, { examples });
  expect(remote.found.canaries.slice(0, 3)).toEqual(logits(39, 'smith', 40));
  await requireUnchanged(client, remote);
  server.inputs = COLUMNS.with(2, { name: 'hours_per_week', datatype: 'INT64', shape: [-1] });
  await expect(
    found({ url }, { examples: [{ age: 'old', trade: 3, hours_per_week: 1.5 }, {}] }),
  ).rejects.toThrow(
    [
      'examples[0].age: is a text; want a number, or null',
      'examples[0].trade: is no text; want one',
      'examples[0].hours_per_week: is no whole number, and the model takes INT64',
      'examples[1].age: is missing; want a value for each column that the model reads',
    ].join('\n  - '),
  );
});

test('example rows define the inputs where the server names none', async () => {
  const server = readers({ inputs: [] });
  const { url } = await startHttp(server);
  await expect(found({ url })).rejects.toThrow(
    'input: the server names no input: describe the model in a file, with input and inputShape, or with examples',
  );
  const examples = [{ age: null, trade: 'smith', hours_per_week: 40 }];
  const asked = await found({ url }, { examples });
  expect(asked.remote.found.inputs).toEqual([
    { name: 'age', datatype: 'FP64', shape: [-1] },
    { name: 'trade', datatype: 'BYTES', shape: [-1] },
    { name: 'hours_per_week', datatype: 'FP64', shape: [-1] },
  ]);
  expect(asked.remote.found.canaries.slice(0, 3)).toEqual(logits(Number.NaN, 'smith', 40));
  expect(await answers(asked, people)).toEqual(wanted());
});

test('an integer input refuses cells with fractions', async () => {
  const inputs = COLUMNS.with(2, { name: 'hours_per_week', datatype: 'INT64', shape: [-1] });
  const asked = await found(await startGrpc(readers({ inputs })));
  const { remote } = asked;
  expect(() => requireSamples(remote, people)).toThrow('its input hours_per_week is of int64');
  await expect(answers(asked, people)).rejects.toThrow(
    'its input hours_per_week is of int64, and sample 0 has 34.8 in the column hours per-week',
  );
});

test('findModel refuses settings and examples that do not fit the inputs, by name', async () => {
  const server = readers();
  const { url } = await startGrpc(server);
  await expect(
    found({ url }, { inputShape: [2] }, { scale: 2, columns: { town: ['x'] } }),
  ).rejects.toThrow(
    [
      "settings.scale: means nothing to a model that reads a table's columns: leave it out",
      'settings.columns: names the input town, which the model does not have; it has age float64 [?], trade string [?, 1], hours_per_week float32 [?, 1]',
      'inputShape: is for samples of numbers, and the model reads cells: age FP64 [-1], trade BYTES [-1, 1], hours_per_week FP32 [-1, 1]',
    ].join('\n  - '),
  );
  server.inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2, 2] }];
  await expect(found({ url }, { examples: [{ x: 1 }] })).rejects.toThrow(
    "examples: are rows of a table, and the model's input is x FP32 [-1, 2, 2]; name its columns in the settings",
  );
});
