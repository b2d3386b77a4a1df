/** Requests to endpoints and the reading of their answers: JSON in, JSON out, written out here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { endpoint as format } from '../../../src/formats/endpoint/endpoint.js';
import { readAnswer } from '../../../src/formats/endpoint/endpoint-answers.js';
import { encodeEndpointPackage } from '../../../src/formats/endpoint/endpoint-package.js';
import { nestedValues, requestBody } from '../../../src/formats/endpoint/endpoint-request.js';
import { pngOf } from '../../../src/formats/endpoint/png.js';
import { describePackagedModel, parsePackagedModel } from '../../../src/formats/packaged-model.js';
import {
  checkEndpoint,
  type Endpoint,
} from '../../../src/specification/servers/endpoint-schema.js';

const endpoint = (fields: Record<string, unknown>): Endpoint =>
  checkEndpoint({ url: 'http://a.example/', ...fields }, 'endpoint');
const CLASSES = ['german', 'english'];

it('requestBody puts one sample, or the list of samples, where the request says', () => {
  const one = endpoint({ request: { q: { text: '$input', n: [1, '$input'] } }, answer: '/a' });
  expect(requestBody(one, ['x$input'], CLASSES)).toEqual({
    q: { text: 'x$input', n: [1, 'x$input'] },
  });
  const many = endpoint({ request: { texts: '$inputs', k: 1 }, answer: '/*/a', batch: 3 });
  expect(requestBody(many, ['x', 'y'], CLASSES)).toEqual({ texts: ['x', 'y'], k: 1 });
});

it('requestBody fills a prompt in one pass, so placeholders within a sample stay as they are', () => {
  const chat = endpoint({
    input: 'text',
    chat: { model: 'm', system: 'Be brief.', prompt: 'One of {classes}: {input}', maxTokens: 4 },
  });
  expect(requestBody(chat, ['say {classes} $input'], CLASSES)).toEqual({
    model: 'm',
    temperature: 0,
    max_tokens: 4,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One of german, english: say {classes} $input' },
    ],
  });
  const said = { choices: [{ message: { content: ' english\n' } }] };
  expect(readAnswer(chat, said, 0, CLASSES)).toEqual({ className: 'english' });
  const chatty = { choices: [{ message: { content: 'It is english.' } }] };
  expect(readAnswer(chat, chatty, 0, CLASSES)).toHaveProperty('problem');
});

it('readAnswer of a chat says why there is no answer, or why it is cut off', () => {
  const chat = endpoint({ input: 'text', chat: { model: 'm', prompt: '{input}' } });
  const problem = (message: object, finish = 'stop') => {
    const said = { choices: [{ message, finish_reason: finish }] };
    return readAnswer(chat, said, 0, CLASSES, false);
  };
  expect(problem({ content: null, refusal: 'I cannot' })).toEqual({ problem: 'holds a refusal' });
  expect(problem({ content: null }, 'length')).toEqual({ problem: 'was cut off at maxTokens' });
  expect(problem({ content: null, tool_calls: [] }, 'tool_calls')).toEqual({
    problem: 'holds calls of tools, and no answer',
  });
  const unlike = 'that is none of german, english';
  expect(problem({ content: 'eng' }, 'length')).toEqual({
    problem: `has a word of 3 characters ${unlike}: it was cut off at maxTokens`,
  });
  expect(problem({ content: '' }, 'content_filter')).toEqual({
    problem: `has a word of 0 characters ${unlike}: it was removed by its server's content filter`,
  });
  // A whole word counts, even if the server cut the answer off.
  expect(problem({ content: 'english' }, 'length')).toEqual({ className: 'english' });
});

it.each(['English', '"english"', 'english.', '```\nENGLISH\n```', '**english**'])(
  'readAnswer suggests the class that %j matches without case and signs, and does not accept it',
  (content) => {
    const chat = endpoint({ input: 'text', chat: { model: 'm', prompt: '{input}' } });
    const read = readAnswer(chat, { choices: [{ message: { content } }] }, 0, CLASSES, false);
    expect(read).toEqual({
      problem: expect.stringMatching(/; apart from case and punctuation it is english$/),
    });
  },
);

it.each(['-1', '\u22121', '-1.0'])(
  'readAnswer takes %j for no other way to write a class without the minus',
  (said) => {
    const numbers = endpoint({ request: { x: '$input' }, answer: '' });
    expect(readAnswer(numbers, said, 0, ['1', '1.0'], false)).toEqual({
      problem: expect.stringMatching(/is none of 1, 1\.0$/),
    });
  },
);

it('requestBody writes a table row into a prompt, one line per column', () => {
  const chat = endpoint({ input: 'row', chat: { model: 'm', prompt: 'Who is this?\n{input}' } });
  const row = { age: 1.5, 'a b': null, town: '{classes} ' };
  expect(requestBody(chat, [row], CLASSES)).toMatchObject({
    messages: [{ content: 'Who is this?\nage: 1.5\na b:\ntown: {classes}' }],
  });
  const wrong = { input: 'png', chat: { model: 'm', prompt: '{input}' } };
  expect(() => endpoint(wrong)).toThrow('input: want text or row beside chat');
});

it('nestedValues nests numbers by their shape', () => {
  expect(nestedValues([1, 2, 3, 4, 5, 6], [3, 2])).toEqual([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: rows
  expect(nestedValues([1, 2], [2])).toEqual([1, 2]);
});

it('readAnswer says where a model is taken that answers a number for each class', () => {
  const rows = endpoint({ request: { x: '$inputs' }, answer: '/predictions/*', batch: 2 });
  const problem = (answer: unknown) =>
    readAnswer(rows, { predictions: [answer] }, 0, CLASSES, false);
  expect(problem([0.1, 0.7, 0.2])).toEqual({
    problem:
      'wants a word or a number at /predictions/0, got a list; an endpoint tells the class alone; a number for each class takes an inference server (models push --inference) or a file of answers',
  });
  expect(problem(['english'])).toEqual({
    problem: 'wants a word or a number at /predictions/0, got a list',
  });
});

it('readAnswer reads each sample of a call at its own place', () => {
  const many = endpoint({ request: '$inputs', answer: '/out/*/a~1b', batch: 2 });
  const response = { out: [{ 'a/b': 'german' }, { 'a/b': 'english' }] };
  expect(readAnswer(many, response, 1, CLASSES)).toEqual({ className: 'english' });
  expect(readAnswer(many, response, 2, CLASSES)).toEqual({
    problem: 'holds nothing at /out/2/a~1b: {"out":[{"a/b":"german"},{"a/b":"english"}]}',
  });
});

it('readAnswer translates only the answers listed, unless the endpoint may abstain', () => {
  const classes = { de: 'german', '1': 'english', und: null };
  const strict = endpoint({ request: '$input', answer: '/l', classes });
  const read = (l: unknown) => readAnswer(strict, { l }, 0, CLASSES);
  expect(read('de')).toEqual({ className: 'german' });
  expect(read(1)).toEqual({ className: 'english' });
  expect(read('und')).toEqual({ className: null });
  // "german" is a class of the set, but not an answer in the description; "constructor" is inherited by every object.
  for (const other of ['german', 'DE', 'constructor', '', ['de'], null]) {
    expect(read(other)).toHaveProperty('problem');
  }
  const lenient = endpoint({ request: '$input', answer: '/l', classes, otherwise: 'abstain' });
  expect(readAnswer(lenient, { l: 'fr' }, 0, CLASSES)).toEqual({ className: null });
  // A missing answer is an error, even where unknown answers count as abstentions.
  expect(readAnswer(lenient, {}, 0, CLASSES)).toHaveProperty('problem');
});

it('answersDigest changes with the revision, and not with the rate or the concurrency of calls', () => {
  const fields = { request: '$input', answer: '/l', classes: { de: 'german' } };
  const digestOf = (more: Record<string, unknown>) => {
    const bytes = encodeEndpointPackage({
      endpoint: endpoint({ ...fields, ...more }),
      settings: { output: 'probabilities' },
    });
    return describePackagedModel(parsePackagedModel(bytes)) as { answersDigest?: string };
  };
  const plain = digestOf({});
  expect(plain).toMatchObject({
    format: 'endpoint',
    classesOnly: true,
    mayAbstain: false,
    answerClasses: ['german'],
    inputs: ['values to http://a.example/'],
  });
  expect(digestOf({ concurrency: 1, rate: { perSecond: 1 } }).answersDigest).toBe(
    plain.answersDigest,
  );
  expect(digestOf({ revision: '2' }).answersDigest).not.toBe(plain.answersDigest);
  expect(digestOf({ otherwise: 'abstain' })).toMatchObject({ mayAbstain: true });
});

it('packing refuses an endpoint description that contains a key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'endpoint-'));
  const file = join(folder, 'box.yaml');
  const fields = { url: 'http://a.example/?key=abc', request: '$input', answer: '/l' };
  writeFileSync(file, JSON.stringify({ ...fields, headers: { 'x-api-key': 'abc' } }));
  try {
    expect(() => format.onDisk.pack(file, {})).toThrow(
      /box.yaml cannot be used:\n {2}- headers.x-api-key: is a key that is written.*\n {2}- url: key is a key that/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('pngOf writes pixels that read back, clamped to 0 to 255', async () => {
  const { default: sharp } = await import('sharp');
  const file = await pngOf([0, 1, 0.5, 2, -1, 10 / 255], [2, 3, 1]);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  expect({ width: info.width, height: info.height }).toEqual({ width: 3, height: 2 });
  expect([...data].filter((_, i) => i % info.channels === 0)).toEqual([0, 255, 128, 255, 0, 10]);
  await expect(pngOf([1, 2], [2])).rejects.toThrow('and these are [2]');
});
