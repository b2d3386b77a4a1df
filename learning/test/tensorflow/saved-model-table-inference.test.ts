/** SavedModels on the table that they were trained on, against the answers of TensorFlow in Python. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Dataset, TableCells } from '../../src/datasets/index.js';
import { describePackagedModel, parsePackagedModel } from '../../src/formats/packaged-model.js';
import { readSavedModelFolder } from '../../src/formats/saved-model/read-saved-model.js';
import { encodeSavedModelPackage } from '../../src/formats/saved-model/saved-model-package.js';
import type { ModelSettings } from '../../src/models/index.js';
import { openEngine, prepareEngine } from '../../src/tensorflow/engine/engine.js';
import { SavedModelTableInference } from '../../src/tensorflow/saved-model-table-inference.js';
import { furthest, readPeople, samplesOf, tradesOf } from '../people.js';

const FILES = fileURLToPath(new URL('../fixtures/saved-model-table/', import.meta.url));
const expected: Readonly<Record<string, readonly (readonly number[])[]>> = JSON.parse(
  readFileSync(join(FILES, 'expected.json'), 'utf8'),
);

/** Settings that a user must give for models whose files lack them. */
const SETTINGS: Readonly<Record<string, Partial<ModelSettings>>> = {
  each: {},
  text: { columns: ['trade'] },
  listed: {},
  closed: {},
  doubles: { columns: ['age'] },
  groups: { columns: { numbers: ['hours per-week'], words: ['trade', 'town'] } },
};

prepareEngine(process.env, 1);
const engine = await openEngine();
const people = await readPeople();

function packed(name: string, settings = SETTINGS[name] ?? {}) {
  const bytes = encodeSavedModelPackage(readSavedModelFolder(join(FILES, name), settings));
  return parsePackagedModel(bytes);
}

async function opened(name: string, settings?: Partial<ModelSettings>, dataset = people) {
  const packaged = packed(name, settings);
  if (packaged.format !== 'saved-model-table') throw new Error(packaged.format);
  return SavedModelTableInference.open(engine, packaged.model, dataset);
}

/** The table with changed numbers in its cells. */
function withNumbers(change: (number: number, at: number) => number): Dataset {
  const { numbers, categories } = people.cells as TableCells;
  return { ...people, cells: { numbers: numbers.map(change), categories } };
}

it('a SavedModel of a table is described with its columns', () => {
  expect(describePackagedModel(packed('each'))).toMatchObject({
    format: 'saved-model-table',
    reads: 'columns',
    columns: [
      { name: 'age', kind: 'number' },
      { name: 'hours_per_week', kind: 'number' },
      { name: 'town', kind: 'category' },
      { name: 'trade', kind: 'category' },
    ],
    classCount: 2,
    output: 'probabilities',
  });
});

describe.skipIf(engine.name !== 'native')('SavedModelTableInference', () => {
  it.each(Object.keys(SETTINGS))('gives the answers of TensorFlow in Python: %s', async (name) => {
    const inference = await opened(name);
    const logits = await inference.run(people, samplesOf(people));
    await inference.close();
    expect(inference.classCount).toBe(2);
    const want = (expected[name] ?? []).flat();
    expect(want.length).toBe(2 * people.sampleCount);
    const isOfLogits = packed(name).model.settings.output === 'logits';
    const given = isOfLogits ? logits : logits.map(Math.exp);
    expect(furthest(want, given)).toBeLessThan(2e-6);
  });

  it('gives a model of one text column the texts of a data set with any name', async () => {
    const set = tradesOf(people);
    const inference = await opened('text', {}, set);
    const logits = await inference.run(set, samplesOf(set));
    await inference.close();
    const of = await opened('text');
    expect([...logits]).toEqual([...(await of.run(people, samplesOf(people)))]);
    await of.close();
    await expect(opened('each', {}, set)).rejects.toThrow('and the data set has none');
  });

  it('passes integers above 32 bits unchanged', async () => {
    const inference = await opened('groups');
    const ofAge = async (age: number) => {
      const set = withNumbers((number, at) => (at === 0 ? age : number));
      return [...(await inference.run(set, Uint32Array.of(0)))];
    };
    const [small, large] = [await ofAge(0), await ofAge(2 ** 33)];
    const [other] = await ofAge(-(2 ** 33));
    await inference.close();
    expect(Math.abs((large[0] as number) - (small[0] as number))).toBeGreaterThan(1e6);
    expect(Math.sign(other as number)).toBe(-Math.sign(large[0] as number));
  });

  it('passes doubles unchanged', async () => {
    const set = withNumbers((number, at) => (at === 0 ? 40 + 2 ** -31 : number));
    const inference = await opened('doubles', undefined, set);
    expect([...(await inference.run(set, Uint32Array.of(0)))]).toEqual([40 / 128, 0.5]);
    await inference.close();
  });

  it('refuses a fraction for an integer input', async () => {
    const half = withNumbers((number, at) => (at === 2 ? 0.5 : number));
    await expect(opened('each', {}, half)).rejects.toThrow(
      'its input age is of int64, and sample 1 has 0.5 in the column age: ',
    );
  });

  it('leaves no tensor behind', async () => {
    const inference = await opened('each');
    const count = () => engine.tf.memory().numTensors;
    const before = count();
    await inference.run(people, samplesOf(people));
    expect(count()).toBe(before);
    await inference.close();
  });
});

it('a SavedModel with unnamed columns is refused, with a hint to name them in the settings', () => {
  expect(() => packed('groups', {})).toThrow(
    'words string [?, 2] takes 2 columns: name them in the settings, {"columns": {"words": […]}}',
  );
});
