/** Pipelines of scikit-learn on the table that they were trained on, against the answers of scikit-learn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Dataset, TableCells } from '../../src/datasets/index.js';
import { readOnnxModel } from '../../src/formats/index.js';
import type { ModelSettings } from '../../src/models/index.js';
import { OnnxTableInference } from '../../src/onnx/onnx-table-inference.js';
import { furthest, readPeople, samplesOf, tradesOf } from '../people.js';

const FILES = fileURLToPath(new URL('../fixtures/onnx-table/', import.meta.url));
const expected: Readonly<Record<string, readonly (readonly number[])[]>> = JSON.parse(
  readFileSync(join(FILES, 'expected.json'), 'utf8'),
);
const NUMBERS = ['age', 'hours per-week'];

/** Settings that a user must give for models whose files lack them. */
const SETTINGS: Readonly<Record<string, Partial<ModelSettings>>> = {
  each: {},
  groups: { columns: { numbers: NUMBERS, words: ['trade', 'town'] } },
  numbers: { columns: NUMBERS },
  whole: { columns: ['age'] },
  text: { columns: ['trade'] },
};

const people = await readPeople();

async function opened(name: string, settings = SETTINGS[name], dataset = people) {
  const model = readOnnxModel(join(FILES, `${name}.onnx`), settings ?? {});
  return OnnxTableInference.open(model, dataset, { threads: 1 });
}

it.each(Object.keys(SETTINGS))('OnnxTableInference agrees with scikit-learn: %s', async (name) => {
  const inference = await opened(name);
  const logits = await inference.run(people, samplesOf(people));
  await inference.close();
  expect(inference.classCount).toBe(2);
  const want = (expected[name] ?? []).flat();
  expect(want.length).toBe(2 * people.sampleCount);
  expect(furthest(want, logits.map(Math.exp))).toBeLessThan(2e-6);
});

it('OnnxTableInference gives a model of one text column the texts of a data set', async () => {
  const set = tradesOf(people);
  const inference = await opened('text', {}, set);
  const logits = await inference.run(set, samplesOf(set));
  await inference.close();
  const of = await opened('text');
  expect([...logits]).toEqual([...(await of.run(people, samplesOf(people)))]);
  await of.close();
  await expect(opened('each', {}, set)).rejects.toThrow('and the data set has none');
});

it('OnnxTableInference gives a row the same answer with any other rows', async () => {
  const inference = await opened('each');
  const all = await inference.run(people, samplesOf(people));
  const some = await inference.run(people, Uint32Array.of(77, 3));
  await inference.close();
  expect([...some]).toEqual([...all.subarray(154, 156), ...all.subarray(6, 8)]);
});

describe('OnnxTableInference refuses', () => {
  it('a data set without a table', async () => {
    const { columns: _, cells: __, ...numbers } = people;
    await expect(opened('each', {}, numbers)).rejects.toThrow(
      "the model reads a table's columns, and the data set has none",
    );
  });

  it('a column with fractions for a model that takes integers, when it is opened', async () => {
    const columns = ['hours per-week'];
    const first = people.cells?.numbers.findIndex((x, i) => i % 2 === 1 && !Number.isInteger(x));
    const sample = ((first ?? 0) - 1) / 2;
    await expect(opened('whole', { columns })).rejects.toThrow(
      `its input x is of int64, and sample ${sample} has `,
    );
  });

  it('a fraction of another data set for a model that takes integers, when it is run', async () => {
    const inference = await opened('whole');
    const { cells } = people;
    const numbers = cells?.numbers.map((number, i) => (i === 2 ? 0.5 : number)) as Float64Array;
    const other = { ...people, cells: { ...(cells as TableCells), numbers } };
    await expect(inference.run(other, Uint32Array.of(0, 1))).rejects.toThrow(
      'its input x is of int64, and sample 1 has 0.5 in the column age: ',
    );
    await inference.close();
  });

  it('a data set without several columns, and names all of them', async () => {
    const columns = people.columns?.map((column, n) =>
      n % 2 === 0 ? { ...column, name: `${n}` } : column,
    );
    const other = { ...people, columns: columns as NonNullable<Dataset['columns']> };
    await expect(opened('each', {}, other)).rejects.toThrow('reads the columns age, trade, which');
  });

  it('rows with a category that the encoder does not know, and answers the other rows', async () => {
    const inference = await opened('each');
    const categories = people.cells?.categories as NonNullable<Dataset['cells']>['categories'];
    const bytes = categories.bytes.map((byte, i) => (i === 0 ? 0x5a : byte));
    const cells = {
      ...(people.cells as NonNullable<Dataset['cells']>),
      categories: { ...categories, bytes },
    };
    const other = { ...people, cells };
    await expect(inference.run(other, Uint32Array.of(0))).rejects.toThrow();
    // Rows without the category are answered.
    const some = Uint32Array.of(1, 2);
    expect(await inference.run(other, some)).toEqual(await inference.run(people, some));
    await inference.close();
  });
});
