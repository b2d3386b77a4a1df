/** What a call of a chat takes in tokens, by which many are paid. Pure. */
import { valueAt } from './endpoint-answers.js';

/** A token of English is about four characters; of other languages fewer. An estimate, and said to be one. */
const CHARACTERS_PER_TOKEN = 4;

/** What a chat's message adds to its text. */
const MESSAGE_TOKENS = 4;

/** Of a call; no model reads so many. Their sums stay whole numbers, which a message to the coordinator must hold. */
const TOKENS_MAX = 1e9;

/** Whether a service may be believed that a call took so many. */
export function isTokenCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TOKENS_MAX;
}

/** An estimate of what is sent, with the schema of the answer; 0 of what is no chat. @param body - of its request. */
export function promptTokens(body: unknown): number {
  const messages = valueAt(body, '/messages', 0);
  if (!Array.isArray(messages)) return 0;
  const characters = messages.reduce((sum, { content }) => sum + String(content).length, 0);
  const schema = valueAt(body, '/response_format', 0) ?? valueAt(body, '/tools', 0);
  const all = characters + (schema === undefined ? 0 : JSON.stringify(schema).length);
  return Math.ceil(all / CHARACTERS_PER_TOKEN) + MESSAGE_TOKENS * messages.length;
}

/**
 * What one call took: as the service says in `usage`, as OpenAI-compatible ones do, else the estimate, and of the answer at
 * most `max_tokens`.
 *
 * @param response - undefined: nobody can read it.
 */
export function callTokens(
  body: unknown,
  response: unknown,
): { readonly inputTokens: number; readonly outputTokens: number } {
  const counted = (from: unknown, pointer: string) => {
    const value = valueAt(from, pointer, 0);
    return isTokenCount(value) ? value : undefined;
  };
  return {
    inputTokens: counted(response, '/usage/prompt_tokens') ?? promptTokens(body),
    outputTokens:
      counted(response, '/usage/completion_tokens') ?? counted(body, '/max_tokens') ?? 0,
  };
}
