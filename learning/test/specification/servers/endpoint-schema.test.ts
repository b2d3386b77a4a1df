/** Descriptions of endpoints as users write them: default values, and messages for faulty ones. */
import type { InvalidDocumentError } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { parseEndpoint } from '../../../src/specification/servers/endpoint-schema.js';
import { writtenKeyProblems } from '../../../src/specification/servers/header-schema.js';

const problemsOf = (text: string): string[] => {
  try {
    parseEndpoint(text, 'endpoint');
    return [];
  } catch (err) {
    return (err as InvalidDocumentError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
};

it('parseEndpoint fills in all default values', () => {
  const endpoint = parseEndpoint(
    'url: http://127.0.0.1:8080/detect\nrequest: { text: $input }\nanswer: /language',
    'endpoint',
  );
  expect(endpoint).toEqual({
    url: 'http://127.0.0.1:8080/detect',
    headers: {},
    request: { text: '$input' },
    answer: '/language',
    input: 'values',
    batch: 1,
    otherwise: 'refuse',
    concurrency: 4,
    rate: {},
    timeoutMs: 30_000,
    attempts: 5,
    price: { perCall: 0, per1kInputTokens: 0, per1kOutputTokens: 0, currency: 'USD' },
    revision: '',
  });
});

it('parseEndpoint keeps the name of a secret, not the secret', () => {
  const endpoint = parseEndpoint(
    'url: https://a.example/\nheaders: { authorization: { secret: api-token, prefix: "Bearer " }, x-team: nlp }\nrequest: $input\nanswer: ""',
    'endpoint',
  );
  expect(endpoint.headers).toEqual({
    authorization: { secret: 'api-token', prefix: 'Bearer ' },
    'x-team': 'nlp',
  });
});

it.each([
  ['url: ftp://a\nrequest: $input\nanswer: ""', 'url: want http:// or https:// and an address'],
  // A password may have characters that a URL cannot have. Messages must not repeat it.
  [
    'url: http://user:pa/s@s?@a/?code=key\nrequest: $input\nanswer: ""',
    'url: want http:// or https:// and an address, got "http://…@a/?…"',
  ],
  [
    'url: http://a\nmodel: m\ninputShape: [2]',
    'model: is of a model behind an inference server, which is pushed with --inference FILE',
  ],
  ['url: http://a\nanswer: /x', 'request: want either request, with answer, or chat'],
  ['url: http://a\nrequest: { text: hello }\nanswer: /x', 'request: holds no $input'],
  ['url: http://a\nrequest: [$input, $inputs]\nanswer: /*', 'request: holds $input and $inputs'],
  ['url: http://a\nrequest: $input', 'answer: is missing'],
  ['url: http://a\nrequest: $input\nanswer: x', 'answer: want a JSON pointer'],
  ['url: http://a\nrequest: $input\nanswer: /x\nbatch: 8', 'batch: is 8, and request holds $input'],
  ['url: http://a\nrequest: $inputs\nanswer: /x\nbatch: 8', 'answer: wants one *'],
  ['url: http://a\nrequest: $input\nanswer: /*/x', 'answer: has a *'],
  ['url: http://a\nchat: { model: m, prompt: "{input}" }', 'input: want text or row beside chat'],
  [
    'url: http://a\ninput: text\nchat: { model: m, prompt: hi }',
    'chat.prompt: want a text with {input}',
  ],
  [
    'url: http://a\nrequest: $input\nanswer: /x\nheaders: { a: { env: X } }',
    'headers.a.env: is not a known key here',
  ],
  [
    'url: http://a\nrequest: $input\nanswer: /x\nrate: { perSecond: 0 }',
    'rate.perSecond: want a whole number',
  ],
  [
    'url: http://a\nrequest: $input\nanswer: /x\nclasses: [a]',
    'classes: want a mapping from answers',
  ],
])('parseEndpoint refuses %j with a message', (text, want) => {
  expect(problemsOf(text).join('\n')).toContain(want);
});

it('writtenKeyProblems finds keys in headers and URLs', () => {
  const paths = (url: string, headers: Record<string, unknown> = {}) =>
    writtenKeyProblems({ url, headers }).map(({ path, message }) => [
      path,
      message.slice(0, message.indexOf('is a key')).trim(),
    ]);
  for (const name of [
    'Authorization',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'X-Key',
    'ocp-apim-subscription-key',
    'cookie',
    'x-auth-token',
  ]) {
    // biome-ignore format: one line
    expect(paths('http://a/', { [name]: 'Bearer abc' })).toEqual([[`headers.${name}`, '']]);
    expect(paths('http://a/', { [name]: { secret: 'abc', prefix: '' } })).toEqual([]);
  }
  expect(paths('http://a/', { 'x-tenant': 'blue', accept: 'text/plain' })).toEqual([]);
  expect(paths('https://a/v1?alt=json&key=abc&access_token=b&password=c')).toEqual([
    ['url', 'key'],
    ['url', 'access_token'],
    ['url', 'password'],
  ]);
  const azure = 'Qx3b8c-Y2lJrM9_k7dTz5wNfA1sVhE6uPgOiB0tCaZzFuHjKlMnA==';
  expect(paths(`https://box.azurewebsites.net/api/f?Code=${azure}`)).toEqual([['url', 'Code']]);
  expect(paths('https://a/words?code=deu')).toEqual([]);
  expect(paths('https://a/keys/token?keyword=a&api-version=2')).toEqual([]);
  expect(paths('grpc://a:8001')).toEqual([]);
});
