/** The task reads files: predictions of the example report, and small data sets of every kind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Encoding,
  encodeManifest,
  encodeSample,
  encodeStoredDataset,
  type Modality,
  sampleTextsOf,
} from '@lyceum/learning/datasets';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { Findings, ShownSample } from '../../src/documents/index.js';
import { findings } from '../../src/evaluation/findings-task.js';
import { shownSamples } from '../../src/evaluation/shown-samples.js';
import { reportFiles } from '../../src/report/compose-predictions.js';
import { exampleInput } from '../report/report-input-example.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'findings-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

let files = 0;
function fileOf(bytes: Uint8Array): string {
  const path = join(FOLDER, `${files++}`);
  writeFileSync(path, bytes);
  return path;
}

/** The file of a data set. */
function setOf(sampleCount: number, modalities: Record<string, Modality>): string {
  return fileOf(
    encodeStoredDataset({
      sampleCount,
      classCount: 2,
      classNames: ['cat', 'dog'],
      labels: new Int32Array(sampleCount).map((_, i) => i % 2),
      splits: new Uint8Array(sampleCount).map((_, i) => 1 + (i % 3)),
      modalities: new Map(Object.entries(modalities)),
    }),
  );
}

const NUMBERS = setOf(13, {
  '': {
    sampleShape: [2],
    inputs: new Float32Array(26).map((_, i) => i / 2),
    inputScale: 1,
  },
});

/** The file of a set in shards: a picture of 10 bytes starts at every 100th byte. */
function manifestOf(sampleCount: number, url: string): string {
  return fileOf(
    encodeManifest({
      sampleCount,
      classCount: 2,
      classNames: ['cat', 'dog'],
      labels: new Int32Array(sampleCount),
      splits: new Uint8Array(sampleCount).fill(1),
      chunkEnds: Uint32Array.of(sampleCount),
      shards: {
        shards: [{ url, format: 'tar', sizeBytes: 100 * sampleCount }],
        grid: { height: 1, width: 2, channels: 1, fit: 'cover' },
        decoder: 'none',
        canary: { samples: [0], digest: 'ab'.repeat(32) },
        shardOf: new Uint32Array(sampleCount),
        offsets: Float64Array.from({ length: sampleCount }, (_, sample) => 100 * sample),
        lengths: new Uint32Array(sampleCount).fill(10),
        digests: new Uint8Array(16 * sampleCount),
        paths: undefined,
      },
    }),
  );
}

async function found(changes: { dataset?: string | undefined; classNames?: string[] } = {}) {
  const { classNames = ['cat', 'dog'] } = changes;
  const example = exampleInput();
  const made = reportFiles(exampleInput({ dataset: { ...example.dataset, classNames } }));
  const request = {
    runId: '<script>alert(1)</script>',
    report: fileOf(made.report),
    predictions: fileOf(made.predictions),
    dataset: 'dataset' in changes ? changes.dataset : NUMBERS,
    modality: undefined,
  };
  const json = await findings(request);
  return { json, found: JSON.parse(json) as Findings };
}

describe('findings', () => {
  test('are made of the test split, and show its samples', async () => {
    const { models, examples, sampleCount } = (await found()).found;
    expect(sampleCount).toBe(4);
    expect(models.map(({ name }) => name)).toEqual([
      'student',
      'ensemble',
      'studentWithoutTeachers',
      'teacher.deep',
      'teacher.wide',
    ]);
    // Labels 0 0 1 1; the student says 0 0 0 1.
    expect(models[0]?.confusion.counts).toEqual([
      [2, 0],
      [1, 1],
    ]);
    // Student and ensemble on class 0: 0.9 and 0.8, 0.7 and 0.7, 0.6 and 0.3, 0.1 and 0.5.
    expect(examples.map(({ row }) => row)).toEqual([12, 9, 3, 8]);
    expect(examples[0]?.shown).toEqual({ kind: 'numbers', values: [12, 12.5], count: 2 });
    expect(examples[0]?.divergence).toBeCloseTo(
      0.5 * Math.log(0.5 / 0.1) + 0.5 * Math.log(0.5 / 0.9),
      5,
    );
  });

  test('give the address and bytes of pictures of a set in shards', async () => {
    const { examples } = (await found({ dataset: manifestOf(13, 's3://photos/0.tar') })).found;
    expect(examples.map(({ row }) => row)).toEqual([12, 9, 3, 8]);
    expect(examples[0]?.shown).toEqual({
      kind: 'elsewhere',
      where: 's3://photos/0.tar, bytes 1,200 to 1,209',
    });
  });

  test('have no examples without the data set', async () => {
    const { models, examples } = (await found({ dataset: undefined })).found;
    expect(examples).toEqual([]);
    expect(models).toHaveLength(5);
  });

  test('keep markup in class names and run ids unchanged', async () => {
    const classNames = ['<img src=x onerror=alert(1)>', '</script>&"'];
    const { found: made } = await found({ classNames });
    expect(made.classNames).toEqual(classNames);
    expect(made.runId).toBe('<script>alert(1)</script>');
  });
});

async function pixels(shown: ShownSample | undefined): Promise<number[]> {
  if (shown?.kind !== 'picture') throw new Error(`want a picture, got ${shown?.kind}`);
  const { data, info } = await sharp(Buffer.from(shown.png, 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: shown.width, height: shown.height });
  // sharp reads grey pictures as red, green and blue.
  return [...data].filter((_, i) => info.channels === 1 || i % info.channels === 0);
}

const picture = (inputs: Uint8Array | Float32Array, channels = 1): Modality => ({
  sampleShape: [1, 2, channels],
  inputs,
  inputScale: inputs instanceof Uint8Array ? 1 / 255 : 1,
});

describe('pictures from shownSamples', () => {
  test.each<[string, Modality, number[]]>([
    ['bytes', picture(Uint8Array.of(0, 255, 51, 102)), [51, 102]],
    ['bytes of few levels', picture(Uint8Array.of(0, 16, 8, 4)), [128, 64]],
    ['floats from 0 to 1', picture(Float32Array.of(0, 0.5, 0.2, 0.4)), [51, 102]],
    ['floats around 0', picture(Float32Array.of(-1, 0, -0.6, -0.2)), [51, 102]],
    ['floats like bytes', picture(Float32Array.of(0, 255, 51, 102)), [51, 102]],
    ['standardised ones', picture(Float32Array.of(-3, 2, -2, -1)), [51, 102]],
    ['all of one value', picture(Float32Array.of(700, 700, 700, 700)), [0, 0]],
    ['two channels', picture(Uint8Array.of(0, 0, 255, 255, 0, 102, 102, 102), 2), [51, 102]],
    ['colours', picture(Uint8Array.of(0, 0, 0, 255, 255, 255, 51, 1, 2, 102, 3, 4), 3), [51, 102]],
  ])('have the right grey levels, inputs: %s', async (_, modality, expected) => {
    const [, second] = await shownSamples(setOf(2, { '': modality }), undefined, [0, 1]);
    expect(await pixels(second)).toEqual(expected);
  });

  test('have at most 128 pixels a side, keep their proportions, and take under 75,000 characters', async () => {
    const inputs = new Uint8Array(300 * 150).map((_, i) => i % 256);
    const set = setOf(1, { '': { sampleShape: [300, 150, 1], inputs, inputScale: 1 / 255 } });
    const [shown] = await shownSamples(set, undefined, [0]);
    expect(shown).toMatchObject({ kind: 'picture', width: 64, height: 128 });
    // Noise compresses worst.
    const noise = new Uint8Array(128 * 128 * 3).map((_, i) => (i * 7919) % 251);
    const worst = setOf(1, {
      '': { sampleShape: [128, 128, 3], inputs: noise, inputScale: 1 / 255 },
    });
    const [large] = await shownSamples(worst, undefined, [0]);
    expect(JSON.stringify(large).length).toBeLessThan(75_000);
  });
});

test('shownSamples shows texts, cut after 500 characters', async () => {
  const encoding: Encoding = { kind: 'text', version: 1, ngrams: { from: 1, to: 4 }, buckets: 16 };
  const texts = ['<b>eins</b>', 'ß𝄞'.repeat(400), 'drei'];
  const inputs = Float32Array.from(texts.flatMap((text) => [...encodeSample(encoding, text)]));
  const kept: Modality = {
    sampleShape: [16],
    inputs,
    inputScale: 1,
    encoding,
    texts: sampleTextsOf(texts),
  };
  expect(await shownSamples(setOf(3, { '': kept }), undefined, [2, 0, 1])).toEqual([
    { kind: 'text', text: 'drei' },
    { kind: 'text', text: '<b>eins</b>' },
    { kind: 'text', text: 'ß𝄞'.repeat(250) },
  ]);
  const { texts: _, ...forgotten } = kept;
  const [numbers] = await shownSamples(setOf(3, { '': forgotten }), undefined, [0]);
  expect(numbers).toMatchObject({ kind: 'numbers', count: 16 });
});

test('shownSamples shows the first 32 cells of a table row with the values of the table', async () => {
  const columns = [
    { name: '<b>', kind: 'category' },
    { name: 'age', kind: 'number' },
    { name: 'town', kind: 'category' },
    ...Array.from({ length: 40 }, (_, i) => ({ name: `n${i}`, kind: 'number' as const })),
  ] as const;
  const more = Array.from({ length: 40 }, (_, i) => i + 0.5);
  const cells = {
    numbers: Float64Array.of(33, ...more, Number.NaN, ...more),
    categories: sampleTextsOf(['<i>', 'Łódź', 'ß𝄞'.repeat(80), '']),
  };
  const inputs = new Float32Array(2);
  const set = setOf(2, { '': { sampleShape: [1], inputs, inputScale: 1, columns, cells } });
  const shown = await shownSamples(set, undefined, [1, 0]);
  const rows = shown.map((one) => (one.kind === 'row' ? one.cells : []));
  expect(rows[1]?.slice(0, 4)).toEqual([
    { column: '<b>', value: '<i>' },
    { column: 'age', value: 33 },
    { column: 'town', value: 'Łódź' },
    { column: 'n0', value: 0.5 },
  ]);
  expect(rows[0]?.slice(0, 3)).toEqual([
    { column: '<b>', value: 'ß𝄞'.repeat(50) },
    { column: 'age', value: null },
    { column: 'town', value: null },
  ]);
  expect(rows[1]).toHaveLength(32);
  expect(rows[1]?.at(-1)).toEqual({ column: 'n28', value: 28.5 });
  expect(shown[0]).toMatchObject({ count: 43 });
});

test('shownSamples shows the named one of several modalities, and refuses if none is named', async () => {
  const set = setOf(2, {
    sound: { sampleShape: [40], inputs: new Float32Array(80).fill(0.5), inputScale: 1 },
    pixels: picture(Uint8Array.of(0, 255, 51, 102)),
  });
  const [sound] = await shownSamples(set, 'sound', [1]);
  expect(sound).toEqual({ kind: 'numbers', values: new Array(32).fill(0.5), count: 40 });
  expect(await shownSamples(set, 'pixels', [1])).toMatchObject([{ kind: 'picture' }]);
  await expect(shownSamples(set, undefined, [1])).rejects.toThrow('has no modality');
});
