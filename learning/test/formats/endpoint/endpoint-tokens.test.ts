/** Token counts as an OpenAI-compatible service reports them, and estimates computed by hand. */
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

test('promptTokens estimates a token per four characters and four per message', () => {
  expect(promptTokens(BODY)).toBe(11 + 8);
  expect(promptTokens({ text: 'no chat' })).toBe(0);
});

test('callTokens takes the counts that the service reports', () => {
  const usage = { prompt_tokens: 25, completion_tokens: 2 };
  expect(callTokens(BODY, { usage })).toEqual({ inputTokens: 25, outputTokens: 2 });
});

test.each([
  undefined,
  {},
  { usage: null },
  { usage: { prompt_tokens: -1 } },
  // Two such calls exceed the greatest number that a message can hold.
  { usage: { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1e9 + 1 } },
])('callTokens estimates the counts where the response is %j', (response) => {
  expect(callTokens(BODY, response)).toEqual({ inputTokens: 19, outputTokens: 16 });
});

test('callTokens is 0 for a request that is no chat', () => {
  expect(callTokens({ text: 'a' }, { label: 'b' })).toEqual({ inputTokens: 0, outputTokens: 0 });
});
