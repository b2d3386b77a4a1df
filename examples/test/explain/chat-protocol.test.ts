/** `completeChat` over a stand-in for the model, and the grammar that holds a model to a schema. */
import { expect, it } from 'vitest';
import { completeChat, type Generate, type Prompt } from '../../src/explain/chat-protocol.js';
import { grammarOf } from '../../src/explain/schema-grammar.js';

const MESSAGES = [
  { role: 'system', content: 'You name languages.' },
  { role: 'user', content: '"uno"' },
];
const SCHEMA = {
  type: 'object',
  properties: { label: { type: 'string', enum: ['A "b"', 'c'] }, explanation: { type: 'string' } },
};

/**
 * Answers with the seed. The first answer has 7 tokens, 2 cached ones in its prompt, and is cut off; the others have
 * 5.
 */
function standIn(): { readonly generate: Generate; readonly prompts: Prompt[] } {
  const prompts: Prompt[] = [];
  const generate: Generate = async (prompt) => {
    prompts.push(prompt);
    const isFirst = prompts.length === 1;
    return {
      text: String(prompt.seed),
      finish: isFirst ? 'length' : 'stop',
      inputTokens: 11,
      cachedTokens: isFirst ? 2 : 11,
      outputTokens: isFirst ? 7 : 5,
    };
  };
  return { generate, prompts };
}

it('completeChat gives n choices, a seed each, and counts the prompt once', async () => {
  const { generate, prompts } = standIn();
  const body = {
    model: 'small',
    messages: MESSAGES,
    n: 3,
    temperature: 0.7,
    seed: 40,
    max_tokens: 9,
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: SCHEMA } },
  };
  expect(await completeChat(body, generate, () => 0)).toEqual({
    object: 'chat.completion',
    model: 'small',
    choices: [
      { index: 0, message: { role: 'assistant', content: '40' }, finish_reason: 'length' },
      { index: 1, message: { role: 'assistant', content: '41' }, finish_reason: 'stop' },
      { index: 2, message: { role: 'assistant', content: '42' }, finish_reason: 'stop' },
    ],
    usage: {
      prompt_tokens: 11,
      prompt_tokens_details: { cached_tokens: 2 },
      completion_tokens: 17,
      total_tokens: 28,
    },
  });
  const prompt = { messages: MESSAGES, schema: SCHEMA, maxTokens: 9, temperature: 0.7 };
  expect(prompts).toEqual([40, 41, 42].map((seed) => ({ ...prompt, seed })));
});

it('completeChat draws a seed if none is given, and asks without a schema if none is given', async () => {
  const { generate, prompts } = standIn();
  await completeChat({ model: 'small', messages: MESSAGES }, generate, () => 5);
  expect(prompts).toEqual([{ messages: MESSAGES, maxTokens: 256, temperature: 1, seed: 5 }]);
});

it.each([
  [{ messages: [] }, 'messages: want a list of'],
  [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0]: want role system, user, assistant'],
  [
    { messages: [{ role: 'assistant', content: 'a' }] },
    'messages: the last message must have the role user',
  ],
  [{ n: 0 }, 'n: want a number from 1 to 128'],
  [{ n: 1.5 }, 'n: want a whole number'],
  [{ temperature: 3 }, 'temperature: want a number from 0 to 2'],
  [{ tools: [] }, 'tools is not served'],
  [{ stream: true }, 'stream is not served'],
  [{ response_format: { type: 'json_object' } }, 'want text or json_schema'],
  [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema: want a JSON object'],
])('completeChat refuses %j', async (change, message) => {
  const { generate, prompts } = standIn();
  const body = { messages: MESSAGES, ...change };
  await expect(completeChat(body, generate, () => 0)).rejects.toThrow(message);
  expect(prompts).toEqual([]);
});

it('grammarOf makes a grammar of a schema', () => {
  expect(grammarOf(SCHEMA).split('\n')[0]).toBe(
    String.raw`root ::= "{" "\"label\": " ("\"A \\\"b\\\"\"" | "\"c\"") ", \"explanation\": " string "}"`,
  );
});

it.each([
  [{ type: 'array' }, 'want an object with properties'],
  [{ type: 'object', properties: { n: { type: 'number' } } }, 'properties.n: want type: string'],
])('grammarOf refuses the schema %j', (schema, message) => {
  expect(() => grammarOf(schema)).toThrow(message);
});
