/**
 * How often and in what words a teacher of an imitation is asked about an input, and in what form it answers.
 *
 * ```yaml
 * ask: { answers: 5, temperature: 0.7, schema: { label: the language, explanation: which words show it } }
 * ```
 */
import type { Problem } from '@lyceum/proto';
import type { z } from 'zod';
import { list, number, section, text, wholeNumber, word } from '../documents/index.js';
import type { EndpointOfPrompts } from './servers/index.js';

const ANSWERS_MAX_COUNT = 32;

const meaning = text('a text, or nothing', /./s).nullable();

export const ask = section({
  answers: wholeNumber(`a whole number from 1 to ${ANSWERS_MAX_COUNT}`, {
    above: 0,
    atMost: ANSWERS_MAX_COUNT,
  })
    .default(1)
    .describe('How many answers each input gets.'),
  temperature: number('a number from 0 to 2', { atLeast: 0, atMost: 2 })
    .optional()
    .describe("Of a chat: the temperature, in place of the endpoint's."),
  prompts: list(text('a text with {input}', /\{input\}/), 'a list of 1 to 32 prompts', {
    atLeast: 1,
    atMost: ANSWERS_MAX_COUNT,
  })
    .optional()
    .describe("Of a chat: prompts that answers take in turn, in place of the endpoint's."),
  schema: section({
    label: meaning.describe('What the class is, for the model; or nothing.'),
    explanation: meaning
      .optional()
      .describe('What the explanation is, for the model; or nothing. Left out, none is asked for.'),
  })
    .optional()
    .describe('Of a chat: it answers a JSON object with these, in place of one word.'),
  output: word('auto', 'json-schema', 'tool', 'text')
    .optional()
    .describe(
      'How that object is asked for: response_format, one forced tool, or a sentence in the prompt; default auto, the first that the server takes.',
    ),
});

export type Ask = z.output<typeof ask>;

/** What must hold between a teacher's `ask` and its endpoint; paths begin at the teacher. */
export function askProblems(own: Ask, { chat }: EndpointOfPrompts): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const { answers, temperature = chat?.temperature ?? 0, prompts = [], schema, output } = own;
  if (chat === undefined) {
    for (const key of ['temperature', 'prompts', 'schema', 'output'] as const) {
      if (own[key] !== undefined) wrong(`ask.${key}`, 'belongs to a chat, and endpoint has none');
    }
    return problems;
  }
  if (prompts.length === 0 && chat.prompt === undefined) {
    wrong('endpoint.chat.prompt', 'is missing; want a text with {input}, here or in ask.prompts');
  }
  if (prompts.length > answers) {
    wrong('ask.prompts', `are ${prompts.length}, and ask.answers is ${answers}: not all are used`);
  }
  const different = Math.max(1, prompts.length);
  if (temperature === 0 && answers > different) {
    const message = `is ${answers}, and at temperature 0 a prompt has one answer; want a temperature above 0, or ${answers} prompts`;
    wrong('ask.answers', message);
  }
  if (output !== undefined && schema === undefined) {
    wrong('ask.output', 'belongs to ask.schema, which is missing');
  }
  return problems;
}
