/** Problems of `spec.questions`, and inputs joined with written texts. */
import { checkImitation } from '@lyceum/learning/specification';
import { InvalidDocumentError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { type ImitationInput, inputId } from '../../../src/imitation/inputs/index.js';
import type { QuestionLine } from '../../../src/imitation/questions/questions-file.js';
import { withQuestions } from '../../../src/imitation/questions/written-inputs.js';

const INPUTS = { source: 'words.csv', text: 'text', split: 'split' };

function problems(questions: object, inputs: object = INPUTS): string[] {
  const plain = { url: 'http://a.example/', input: 'text', request: '$input', answer: '' };
  const chat = { url: 'http://b.example/', input: 'text', chat: { model: 'm', prompt: '{input}' } };
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
    spec: {
      inputs,
      classes: ['x', 'y'],
      teachers: [
        { name: 'plain', endpoint: plain },
        { name: 'chat', endpoint: chat },
      ],
      questions,
    },
  };
  try {
    checkImitation(document, 'words.yaml');
    return [];
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    return err.problems.map(({ path, message }) => `${path} ${message}`);
  }
}

it('checkImitation names what is wrong with spec.questions', () => {
  expect(problems({ count: 10 })).toEqual([]);
  expect(problems({ count: 10, classes: ['y'], teachers: ['chat'] })).toEqual([]);
  expect(problems({ count: 0 })).toEqual([
    'spec.questions.count want a whole number from 1 to 100000, got 0',
  ]);
  expect(problems({ count: 9, prompt: 'Write {count}!' })).toEqual([
    expect.stringContaining('spec.questions.prompt want a text with {examples}'),
  ]);
  expect(problems({ count: 9, classes: ['x', 'z', 'x'], teachers: ['plain', 'chat', 'chat'] })).toEqual([
    'spec.questions.classes[1] is "z", which is not in spec.classes',
    'spec.questions.classes[2] is "x" again',
    'spec.questions.teachers[0] is "plain", which is no chat of spec.teachers',
    'spec.questions.teachers[2] is "chat" again',
  ]); // biome-ignore format: one line
  expect(problems({ count: 9 }, { source: 'words.txt' })).toEqual([
    expect.stringContaining('spec.questions wants inputs that are texts of a table'),
    expect.stringContaining('spec.questions wants spec.inputs.split'),
  ]);
});

const line = (text: string, dropped?: string): QuestionLine => ({
  text,
  teacher: 'chat',
  call: 0,
  seeds: [],
  prompt: '',
  at: '',
  ...(dropped !== undefined && { dropped }),
});
const input = (text: string, split?: 'train' | 'test'): ImitationInput => ({
  id: inputId({ text }),
  value: { text },
  ...(split !== undefined && { split }),
});
const read = (...inputs: ImitationInput[]) => ({ inputs, repeated: 0, folder: '' });

it('withQuestions appends written texts to the inputs, to train on, once each', () => {
  const inputs = [input('a', 'train'), input('b', 'test')];
  const lines = [line('c'), line('d', 'short'), line('b'), line('c')];
  expect(withQuestions(read(...inputs), INPUTS, lines, 'q').inputs).toEqual([
    ...inputs,
    { ...input('c', 'train'), writtenBy: 'chat' },
  ]);
});

it('withQuestions refuses written texts beside inputs without splits or without texts', () => {
  const one = [line('c')];
  const { split: _, ...unsplit } = INPUTS;
  expect(() => withQuestions(read(input('a')), unsplit, one, 'q.jsonl')).toThrow(
    'q.jsonl has 1 texts to train on, and spec.inputs names no split',
  );
  expect(() => withQuestions(read(input('a', 'train'), input('b')), INPUTS, one, 'q')).toThrow(
    '1 of 2 inputs of words.csv have no split',
  );
  const number: ImitationInput = { id: '1', value: { numbers: [1] }, split: 'train' };
  expect(() => withQuestions(read(number), INPUTS, one, 'q')).toThrow('are not texts');
  // Dropped texts do not count.
  expect(withQuestions(read(number), unsplit, [line('c', 'short')], 'q').inputs).toEqual([number]);
});
