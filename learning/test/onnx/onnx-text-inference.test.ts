/**
 * A BERT (fixtures/onnx-text/make.py), run by the real runtime, against the answers of PyTorch to each text alone,
 * without padding.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { OnnxTextPackage } from '../../src/formats/onnx-text/onnx-text-package.js';
import { readTextFolder } from '../../src/formats/onnx-text/read-text-folder.js';
import { TextTokenizer } from '../../src/formats/onnx-text/text-tokenizer.js';
import { OnnxTextInference } from '../../src/onnx/onnx-text-inference.js';

const folder = fileURLToPath(new URL('../fixtures/onnx-text', import.meta.url));
const model = readTextFolder(folder, {});
const expected: { texts: string[]; logits: number[][] } = JSON.parse(
  readFileSync(`${folder}/expected.json`, 'utf8'),
);

async function opened<T>(
  packaged: OnnxTextPackage,
  use: (inference: OnnxTextInference) => Promise<T>,
): Promise<T> {
  const inference = await OnnxTextInference.open(packaged, { threads: 1 });
  try {
    return await use(inference);
  } finally {
    await inference.close();
  }
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - (b[i] as number))));

test('OnnxTextInference gives the logits of PyTorch for texts of any length, in order', async () => {
  const logits = await opened(model, async (inference) => {
    expect(inference.classCount).toBe(3);
    return inference.run(expected.texts);
  });
  expect(logits.length).toBe(3 * expected.texts.length);
  expect(farthest(logits, expected.logits.flat())).toBeLessThan(1e-5);
});

test('OnnxTextInference gives the first texts the same bits, whatever texts come after them', async () => {
  // More rows than one inference takes, with lengths in no order.
  const many = Array.from({ length: 300 }, (_, i) => expected.texts[i % expected.texts.length]);
  await opened(model, async (inference) => {
    const all = await inference.run(many as string[]);
    const some = await inference.run(many.slice(0, 75) as string[]);
    expect(some).toEqual(all.subarray(0, some.length));
    expect(await inference.run(many as string[])).toEqual(all);
    const [text] = expected.texts.slice(5);
    const alone = await inference.run([text as string], 1);
    expect(farthest(alone, all.subarray(15, 18))).toBeLessThan(1e-5);
  });
});

test('OnnxTextInference gives the logarithms of probabilities', async () => {
  const settings = { ...model.settings, output: 'probabilities' as const };
  const texts = expected.texts.slice(-4);
  const logits = await opened(model, (inference) => inference.run(texts));
  const said = await opened({ ...model, settings }, (inference) => inference.run(texts));
  for (const [i, value] of logits.entries()) {
    if (value > 0) expect(said[i]).toBeCloseTo(Math.log(value), 5);
    else expect(said[i]).toBeLessThan(-87);
  }
});

test('OnnxTextInference runs a model that looks for the end of each row, with rows to spare', async () => {
  const file = readFileSync(new URL('../fixtures/onnx/at-ends.onnx', import.meta.url));
  const texts = ['', 'good', 'good bad good'];
  const logits = await opened({ ...model, file }, (inference) => inference.run(texts));
  expect([...logits]).toEqual([1, 1, 1, 2, 2, 2, 4, 4, 4]);
});

test('OnnxTextInference gives a model that reads masked tokens none of them', async () => {
  const file = readFileSync(new URL('../fixtures/onnx/reads-masked.onnx', import.meta.url));
  const texts = expected.texts.filter((text) => text.length < 60);
  const tokenizer = await TextTokenizer.open(model.tokenizer, model.settings.maximumTokens);
  const means = texts.map((text) => {
    const { ids } = tokenizer.tokens(text);
    return ids.reduce((sum, id) => sum + id, 0) / ids.length;
  });
  const logits = await opened({ ...model, file }, (inference) => inference.run(texts));
  expect(
    farthest(
      logits,
      means.flatMap((mean) => [mean, mean, mean]),
    ),
  ).toBeLessThan(1e-4);
  const settings = { ...model.settings, maximumTokens: 4 };
  const short = await opened({ ...model, file, settings }, (inference) => inference.run(['']));
  const { ids } = tokenizer.tokens('');
  expect(short[0]).toBeCloseTo(ids.reduce((sum, id) => sum + id, 0) / ids.length, 5);
});

test('OnnxTextInference answers a text without tokens', async () => {
  const file = JSON.parse(Buffer.from(model.tokenizer).toString());
  const tokenizer = Buffer.from(JSON.stringify({ ...file, post_processor: null }));
  const logits = await opened({ ...model, tokenizer }, (inference) => inference.run(['', 'good']));
  expect(logits.length).toBe(6);
  expect(logits.every(Number.isFinite)).toBe(true);
});

test('OnnxTextInference refuses more tokens than the model has positions when it is opened', async () => {
  const settings = { ...model.settings, maximumTokens: 33 };
  await expect(OnnxTextInference.open({ ...model, settings }, { threads: 1 })).rejects.toThrow(
    'the ONNX runtime refuses the model',
  );
});
