/** How many tokens a call of a chat takes, by which many services are paid. Pure. */
import { valueAt } from './endpoint-answers.js';

/**
 * Characters of a token, an estimate: about four in English, fewer in other languages. Users are told that it is an
 * estimate.
 */
const CHARACTERS_PER_TOKEN = 4;

/** Tokens that a chat's message takes beside its text. */
const MESSAGE_TOKENS = 4;

/**
 * The most tokens of a call; no model reads so many. Sums of these stay whole numbers, which a message to the
 * coordinator must hold.
 */
const TOKENS_MAX = 1e9;

/** Whether a service's count of a call's tokens may be believed. */
export function isTokenCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TOKENS_MAX;
}

/**
 * An estimate of the tokens of a request, with the schema of the answer; 0 if it is no chat.
 *
 * @param body - the request's.
 */
export function promptTokens(body: unknown): number {
  const messages = valueAt(body, '/messages', 0);
  if (!Array.isArray(messages)) return 0;
  const characters = messages.reduce((sum, { content }) => sum + String(content).length, 0);
  const schema = valueAt(body, '/response_format', 0) ?? valueAt(body, '/tools', 0);
  const all = characters + (schema === undefined ? 0 : JSON.stringify(schema).length);
  return Math.ceil(all / CHARACTERS_PER_TOKEN) + MESSAGE_TOKENS * messages.length;
}

/**
 * Tokens that one call took: the service's own count in `usage`, as OpenAI-compatible services give it; else the
 * estimate, and `max_tokens` for the answer.
 *
 * @param response - undefined: it cannot be read.
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
