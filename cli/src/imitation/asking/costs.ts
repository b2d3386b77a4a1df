/**
 * The cost of calls: tokens as the servers report them, or an estimate, at the document's prices. Pure.
 *
 * If one call of a chat gives several answers, its tokens are split between them into whole numbers with the same sum.
 */
import { isTokenCount, promptTokens } from '@lyceum/learning/formats';
import { type Endpoint, hasPrice } from '@lyceum/learning/specification';
import type { Usage } from './answers-file.js';

/** Digits after the decimal point in sums of money. */
const COST_DIGITS = 4;

/** Characters of an answer per token, about. */
const CHARACTERS_PER_TOKEN = 4;

/** Most tokens that a chat's message adds to its text. */
const MESSAGE_TOKENS = 16;

/** Calls and tokens of one answer, or of many together. */
export interface Paid {
  /** Calls with status 200; a fraction where a call is split between answers. */
  readonly calls: number;
  /** Absent: the endpoint is no chat and reports no tokens. */
  readonly usage?: Usage | undefined;
}

export const NOTHING_PAID: Paid = { calls: 0 };

export type Price = Pick<Endpoint, 'price'>;

/** The usage that a server reports in OpenAI's form; undefined: no usage, or impossible numbers. */
export function toldUsage(response: unknown): Usage | undefined {
  const { usage } = mapping(response);
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = mapping(usage);
  if (!isTokenCount(inputTokens) || !isTokenCount(outputTokens)) return undefined;
  const { cached_tokens: cachedTokens } = mapping(mapping(usage)['prompt_tokens_details']);
  return { inputTokens, outputTokens, ...(isTokenCount(cachedTokens) && { cachedTokens }) };
}

/**
 * Estimates the usage of a chat whose server reports no tokens.
 *
 * @param answered - number of characters that the chat answered.
 */
export function estimatedUsage(body: unknown, answered: number): Usage {
  const outputTokens = Math.ceil(answered / CHARACTERS_PER_TOKEN);
  return { inputTokens: promptTokens(body), outputTokens, estimated: true };
}

/** An upper bound of a body's tokens: each token is at least one byte. */
function greatestPromptTokens(body: unknown): number {
  const { messages } = mapping(body);
  const count = Array.isArray(messages) ? messages.length : 0;
  return Buffer.byteLength(JSON.stringify(body)) + MESSAGE_TOKENS * count;
}

/** Undefined: the description has no price. */
export function costOf(endpoint: Price, { calls, usage }: Paid): number | undefined {
  if (!hasPrice(endpoint)) return undefined;
  const { perCall, per1kInputTokens, per1kOutputTokens } = endpoint.price;
  const { per1kCachedTokens = per1kInputTokens } = endpoint.price;
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0 } = usage ?? {};
  const cached = Math.min(cachedTokens, inputTokens);
  const perToken =
    (inputTokens - cached) * per1kInputTokens +
    cached * per1kCachedTokens +
    outputTokens * per1kOutputTokens;
  return calls * perCall + perToken / 1000;
}

/** What one stage paid for a teacher, in figures for people. */
export interface PaidFigures {
  /** Tokens of a chat, or of a server that reports them. */
  readonly inputTokens?: number;
  readonly cachedTokens?: number | undefined;
  readonly outputTokens?: number;
  /** The server reports no tokens; these are an estimate. */
  readonly isEstimated?: true;
  /** Undefined: the description has no price. */
  readonly cost?: number;
  /** The estimate for the same questions. */
  readonly estimatedCost?: number;
  /** `cost` and the sum that was spent before. */
  readonly spent?: number;
  readonly currency?: string;
}

export function paidFigures(
  endpoint: Price,
  paid: Paid,
  estimatedCost: number | undefined,
  spentBefore = 0,
): PaidFigures {
  const { estimated, ...tokens } = paid.usage ?? {};
  const cost = costOf(endpoint, paid);
  return {
    ...tokens,
    ...(estimated !== undefined && { isEstimated: estimated }),
    ...(cost !== undefined && {
      cost,
      ...(estimatedCost !== undefined && { estimatedCost }),
      spent: spentBefore + cost,
      currency: endpoint.price.currency,
    }),
  };
}

/** A sum of money without its currency, with four digits after the point, because calls cost little. */
export function moneyText(cost: number): string {
  return cost.toFixed(COST_DIGITS);
}

/** The most that one call may cost. */
export function greatestCost(endpoint: Endpoint, body: unknown, answers: number): number {
  const { chat, price } = endpoint;
  if (chat === undefined) return costOf(endpoint, { calls: 1 }) ?? 0;
  const inputTokens = greatestPromptTokens(body);
  const usage = { inputTokens, outputTokens: answers * chat.maxTokens };
  const { per1kCachedTokens = 0, per1kInputTokens } = price;
  const dearest = { ...price, per1kInputTokens: Math.max(per1kCachedTokens, per1kInputTokens) };
  return costOf({ price: dearest }, { calls: 1, usage }) ?? 0;
}

export function sumOf(a: Paid, b: Paid): Paid {
  const calls = a.calls + b.calls;
  if (a.usage === undefined || b.usage === undefined) return { calls, usage: a.usage ?? b.usage };
  const cached = (a.usage.cachedTokens ?? 0) + (b.usage.cachedTokens ?? 0);
  const isTold = a.usage.cachedTokens !== undefined || b.usage.cachedTokens !== undefined;
  const isEstimated = a.usage.estimated === true || b.usage.estimated === true;
  return {
    calls,
    usage: {
      inputTokens: a.usage.inputTokens + b.usage.inputTokens,
      outputTokens: a.usage.outputTokens + b.usage.outputTokens,
      ...(isTold && { cachedTokens: cached }),
      ...(isEstimated && { estimated: true as const }),
    },
  };
}

/** The share of the k-th of `parts` answers in one call. */
export function partOf({ calls, usage }: Paid, k: number, parts: number): Paid {
  const part = (whole: number) =>
    Math.floor((whole * (k + 1)) / parts) - Math.floor((whole * k) / parts);
  if (usage === undefined) return { calls: calls / parts };
  const { inputTokens, outputTokens, cachedTokens, estimated } = usage;
  return {
    calls: calls / parts,
    usage: {
      inputTokens: part(inputTokens),
      outputTokens: part(outputTokens),
      ...(cachedTokens !== undefined && { cachedTokens: part(cachedTokens) }),
      ...(estimated !== undefined && { estimated }),
    },
  };
}

/** The fields of an answer's line that say what the answer cost. */
export function costFields(endpoint: Price, paid: Paid | undefined) {
  if (paid === undefined) return {};
  const cost = costOf(endpoint, paid);
  const { usage } = paid;
  return { ...(usage !== undefined && { usage }), ...(cost !== undefined && { cost }) };
}

function mapping(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
