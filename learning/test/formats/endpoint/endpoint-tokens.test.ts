/** Tokens as an OpenAI-compatible service counts them, and estimates computed by hand. */
import { expect, test } from 'vitest';
import { callTokens, promptTokens } from '../../../src/formats/endpoint/endpoint-tokens.js';

const BODY = {
  model: 'm',
  max_tokens: 16,
  messages: [
    { role: 'system', content: 'x'.repeat(10) },
    { role: 'user', content: 'y'.repeat(31) },
  ],
};

test('what is sent has a token for four characters, and four for each message', () => {
  expect(promptTokens(BODY)).toBe(11 + 8);
  expect(promptTokens({ text: 'no chat' })).toBe(0);
});

test('the service knows best', () => {
  const usage = { prompt_tokens: 25, completion_tokens: 2 };
  expect(callTokens(BODY, { usage })).toEqual({ inputTokens: 25, outputTokens: 2 });
});

test.each([
  undefined,
  {},
  { usage: null },
  { usage: { prompt_tokens: -1 } },
  // Two such calls are more than a message can hold.
  { usage: { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1e9 + 1 } },
])('where it says %j there is the estimate', (response) => {
  expect(callTokens(BODY, response)).toEqual({ inputTokens: 19, outputTokens: 16 });
});

test('what is no chat has none', () => {
  expect(callTokens({ text: 'a' }, { label: 'b' })).toEqual({ inputTokens: 0, outputTokens: 0 });
});
