/** A store whose numbers follow from sample and class. */
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { expect, it, vi } from 'vitest';
import type { AnswerStore } from '../../src/answers/answer-store.js';
import type { DatasetOutline } from '../../src/artifacts/index.js';
import { readLogits } from '../../src/tickets/read-logits.js';
import { TEACHER } from './asks/an-ask.js';

const [CLASSES, SAMPLES] = [1000, 2000];
const PIECE_WORDS = 512 * 1024;

const dataset = { digest: 'cd'.repeat(32), classCount: CLASSES, sampleCount: SAMPLES };
const teacher = { identity: TEACHER, access: 'white', knownClasses: undefined } as const;
const samples = Uint32Array.from({ length: SAMPLES }, (_, i) => SAMPLES - 1 - i);

function read(out: Float32Array, readWords = vi.fn(wordsOf())) {
  const store = { readWords } as unknown as AnswerStore;
  const of = { view: IDENTITY_VIEW, codec: 'float32' } as const;
  return readLogits(store, dataset as DatasetOutline, teacher, of, samples, out);
}

/** @param missing - a sample without an answer. */
function wordsOf(missing = -1) {
  return async (_key: unknown, asked: Uint32Array, out: Uint32Array): Promise<number[]> => {
    const numbers = new Float32Array(out.buffer, out.byteOffset, out.length);
    for (const [row, sample] of asked.entries()) {
      for (let c = 0; c < CLASSES; c++) numbers[row * CLASSES + c] = sample + c / CLASSES;
    }
    return asked.includes(missing) ? [missing] : [];
  };
}

it('readLogits reads many answers in pieces, and lets the event loop turn between them', async () => {
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  const readWords = vi.fn(wordsOf());
  const out = new Float32Array(SAMPLES * CLASSES);
  expect(await read(out, readWords)).toBe(true);
  const wrong = out.findIndex((value, i) => {
    const sample = samples[Math.floor(i / CLASSES)] as number;
    return value !== Math.fround(sample + (i % CLASSES) / CLASSES);
  });
  expect(wrong).toBe(-1);
  const most = Math.max(...readWords.mock.calls.map(([, , words]) => words.length));
  expect(most).toBeLessThanOrEqual(PIECE_WORDS);
  expect(hasTurned).toBe(true);
});

it('readLogits returns false if an answer of a last piece is missing', async () => {
  const out = new Float32Array(SAMPLES * CLASSES);
  expect(await read(out, vi.fn(wordsOf(samples.at(-1))))).toBe(false);
});
