/**
 * The part of OpenAI's chat completions that `imitation` uses, over any model that continues messages: turns a
 * request's body into a response's body. Unsupported fields are refused with 400, so that the client falls back
 * to supported ones.
 */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface Prompt {
  readonly messages: readonly ChatMessage[];
  /** The answer is JSON of this schema; absent: any text. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

interface Generated {
  readonly text: string;
  /** `length`: cut off at `maxTokens`. */
  readonly finish: 'stop' | 'length';
  readonly inputTokens: number;
  /** Input tokens that the model still held from the prompt before. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** Continues messages: a model, or a test's stand-in for a model. */
export type Generate = (prompt: Prompt) => Promise<Generated>;

/** The request asks for something that is not served; the message says what would be right. */
export class ChatRefused extends Error {
  override readonly name = 'ChatRefused';
}

/** OpenAI's own limit. */
const MOST_CHOICES = 128;
/** Half of the context that the model has here: the rest is for the prompt. */
const MOST_TOKENS = 1024;
const DEFAULT_TOKENS = 256;
const ROLES: readonly unknown[] = ['system', 'user', 'assistant'] satisfies ChatMessage['role'][];

type Json = Readonly<Record<string, unknown>>;

/**
 * @param body - of POST /v1/chat/completions.
 * @param drawSeed - draws the seed of a request that has none; choice k is generated with seed + k.
 * @throws {ChatRefused} naming the field.
 */
export async function completeChat(
  body: unknown,
  generate: Generate,
  drawSeed: () => number,
): Promise<unknown> {
  const asked = mapping(body, 'the body');
  const prompt: Omit<Prompt, 'seed'> = {
    messages: messagesOf(asked['messages']),
    ...schemaOf(asked['response_format']),
    maxTokens: whole(
      asked,
      ['max_completion_tokens', 'max_tokens'],
      1,
      MOST_TOKENS,
      DEFAULT_TOKENS,
    ),
    temperature: inRange(asked, 'temperature', 0, 2, 1),
  };
  for (const field of ['tools', 'stream', 'logprobs']) {
    if (asked[field] !== undefined && asked[field] !== false) {
      throw new ChatRefused(`${field} is not served; leave it out`);
    }
  }
  const count = whole(asked, ['n'], 1, MOST_CHOICES, 1);
  const seed = asked['seed'] === undefined ? drawSeed() : whole(asked, ['seed'], 0, 2 ** 31, 0);
  const choices: Generated[] = [];
  for (let k = 0; k < count; k++) choices.push(await generate({ ...prompt, seed: seed + k }));
  return response(String(asked['model'] ?? ''), choices);
}

function response(model: string, choices: readonly Generated[]): unknown {
  const [{ inputTokens, cachedTokens } = { inputTokens: 0, cachedTokens: 0 }] = choices;
  const outputTokens = choices.reduce((sum, own) => sum + own.outputTokens, 0);
  return {
    object: 'chat.completion',
    model,
    choices: choices.map(({ text, finish }, index) => ({
      index,
      message: { role: 'assistant', content: text },
      finish_reason: finish,
    })),
    // The prompt counts once, however many choices continue it.
    usage: {
      prompt_tokens: inputTokens,
      prompt_tokens_details: { cached_tokens: cachedTokens },
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function messagesOf(value: unknown): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ChatRefused('messages: want a list of { role, content }');
  }
  const messages = value.map((one: unknown, k) => {
    const { role, content } = mapping(one, `messages[${k}]`);
    if (!ROLES.includes(role) || typeof content !== 'string') {
      throw new ChatRefused(`messages[${k}]: want role ${ROLES.join(', ')} and content, a text`);
    }
    return { role, content } as ChatMessage;
  });
  if (messages.at(-1)?.role !== 'user') {
    throw new ChatRefused('messages: the last message must have the role user');
  }
  return messages;
}

function schemaOf(format: unknown): Pick<Prompt, 'schema'> {
  if (format === undefined) return {};
  const { type, json_schema } = mapping(format, 'response_format');
  if (type === 'text') return {};
  if (type !== 'json_schema') {
    throw new ChatRefused('response_format.type: want text or json_schema');
  }
  const { schema } = mapping(json_schema, 'response_format.json_schema');
  return { schema: mapping(schema, 'response_format.json_schema.schema') };
}

function mapping(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ChatRefused(`${what}: want a JSON object`);
}

/** The whole number of a field that has several names: the first name in the request counts. */
function whole(
  asked: Json,
  names: readonly string[],
  atLeast: number,
  atMost: number,
  otherwise: number,
): number {
  const name = names.find((own) => asked[own] !== undefined) ?? (names[0] as string);
  const value = inRange(asked, name, atLeast, atMost, otherwise);
  if (Number.isInteger(value)) return value;
  throw new ChatRefused(`${name}: want a whole number`);
}

function inRange(
  asked: Json,
  name: string,
  atLeast: number,
  atMost: number,
  otherwise: number,
): number {
  const value = asked[name] ?? otherwise;
  if (typeof value === 'number' && value >= atLeast && value <= atMost) return value;
  throw new ChatRefused(`${name}: want a number from ${atLeast} to ${atMost}`);
}
