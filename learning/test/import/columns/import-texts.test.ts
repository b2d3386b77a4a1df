/** Tables of texts in real files, made here, against the original texts and `encodeText` of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeDataset, parseDataset } from '../../../src/datasets/dataset-file.js';
import { encodeText, textEncoding } from '../../../src/datasets/encoding/text-encoding.js';
import { sampleText } from '../../../src/datasets/sample-texts.js';
import { importSource } from '../../../src/import/import-source.js';
import type { ImportOptions } from '../../../src/import/samples/import-options.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-texts-'));
afterAll(() => rmSync(root, { recursive: true }));

async function imported(name: string, content: Uint8Array | string, options: ImportOptions) {
  const source = join(root, name);
  await writeFile(source, content);
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const done = await importSource(source, options, { cacheFolder: root, scratch });
  const file = await readFile(done.content as string);
  return { set: parseDataset(file), file, summary: done.summary };
}

/** Text n differs from all others and has characters of several bytes. */
const texts = Array.from({ length: 20 }, (_, n) => `Zeile ${n}, «größer» als ${n * n}`);
const classOf = (n: number) => (n % 2 === 0 ? 'even' : 'odd');
const csv = ['say,label', ...texts.map((text, n) => `"${text}",${classOf(n)}`)].join('\n');
const jsonl = texts
  .map((say, n) => JSON.stringify({ say, label: classOf(n), more: {} }))
  .join('\n');
const parquet = () =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'say', data: texts, type: 'STRING' },
        { name: 'label', data: texts.map((_, n) => classOf(n)), type: 'STRING' },
      ],
    }),
  );

describe('importing a table of texts', () => {
  it.each([
    ['t.csv', csv],
    ['t.jsonl', jsonl],
    ['t.parquet', parquet()],
  ])('encodes the samples of %s and keeps their texts', async (name, content) => {
    const { set, file, summary } = await imported(name, content, { text: 'say' });
    const encoding = textEncoding({});
    expect(set).toMatchObject({ sampleShape: [2048], sampleCount: 20, inputScale: 1, encoding });
    for (const [n, text] of texts.entries()) {
      expect(set.texts && sampleText(set.texts, n)).toBe(text);
      expect(set.inputs.subarray(n * 2048, (n + 1) * 2048)).toEqual(encodeText(encoding, text));
    }
    expect(set.classNames).toEqual(['even', 'odd']);
    expect(file.equals(encodeDataset(set))).toBe(true);
    expect(summary.modalities[0]?.encoding).toBe(
      'texts: hashed 1- to 4-grams of characters in 2,048 buckets',
    );
  });

  it('gives the same bytes when its own file is imported again', async () => {
    const { file } = await imported('t.csv', csv, { text: 'say' });
    await writeFile(join(root, 'own.npz'), file);
    const places = { cacheFolder: root, scratch: mkdtempSync(join(root, 'scratch-')) };
    const again = await importSource(join(root, 'own.npz'), {}, places);
    expect(file.equals(again.content as Buffer)).toBe(true);
    expect(again.summary.modalities[0]?.encoding).toContain('hashed 1- to 4-grams');
  });

  it('encodes with the n-grams and buckets of the options', async () => {
    const options = { text: 'say', ngrams: { from: 3, to: 5 }, buckets: 64 };
    const { set } = await imported('t.csv', csv, options);
    expect(set.encoding).toEqual(textEncoding(options));
    expect(set.inputs.subarray(0, 64)).toEqual(encodeText(textEncoding(options), texts[0] ?? ''));
  });

  it('leaves samples unlabelled where classes are given and no column holds labels', async () => {
    const lines = texts.map((say) => JSON.stringify({ say })).join('\n');
    const { set } = await imported('t.jsonl', lines, { text: 'say', classes: ['a', 'b'] });
    expect(set.labels.every((label) => label === -1)).toBe(true);
    await expect(imported('t.jsonl', lines, { text: 'say' })).rejects.toThrow('"label"');
  });

  it('refuses faulty texts with their line and keeps the others', async () => {
    const long = 'x'.repeat(1024 * 1024 + 1);
    const bad = [null, 7, ' \n ', long, undefined].map((say) => JSON.stringify({ say, label: 'odd' })); // biome-ignore format: short
    const { set, summary } = await imported('t.jsonl', `${jsonl}\n${bad.join('\n')}`, {
      text: 'say',
    });
    expect(set.sampleCount).toBe(20);
    expect(summary.refused.reasons).toEqual({
      'no text': 2,
      'empty text': 1,
      'text too long': 1,
      'missing column': 1,
    });
    expect(summary.refused.first[0]).toMatchObject({
      path: 'line 21',
      message: 'column say: want a text, got null',
    });
  });

  it.each([
    [{ text: 'said' }, /there is no column "said" of the text/],
    [{ text: 'say', image: 'say' }, /--image or --text, not both/],
    [{ text: 'say', size: { height: 2, width: 2 } }, /--size means nothing without images/],
    [{ buckets: 64 }, /--buckets means nothing without texts; --text names their column/],
    [{ text: 'say', buckets: 3 }, /used:\s+(- )?buckets: must be a whole number from 16/],
  ] as const)('refuses the options %j', async (options, message) => {
    await expect(imported('t.csv', csv, options)).rejects.toThrow(message);
  });
});
