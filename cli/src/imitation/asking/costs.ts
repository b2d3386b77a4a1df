/**
 * What calls cost: the tokens that their servers tell, or an estimate of them, at the document's prices. Pure.
 *
 * A call of a chat that gives several answers is split between them, in whole tokens that sum to what was told.
 */
import { isTokenCount, promptTokens } from '@lyceum/learning/formats';
import { type Endpoint, hasPrice } from '@lyceum/learning/specification';
import type { Usage } from './answers-file.js';

/** Digits behind the point of sums. */
const COST_DIGITS = 4;

/** Characters of a token of an answer, about. */
const CHARACTERS_PER_TOKEN = 4;

/** What a chat's message adds to its text, at most. */
const MESSAGE_TOKENS = 16;

/** What was paid, for one answer or for many. */
export interface Paid {
  /** Parts of calls with 200. */
  readonly calls: number;
  /** Absent: an endpoint that tells no tokens, and is no chat. */
  readonly usage?: Usage | undefined;
}

export const NOTHING_PAID: Paid = { calls: 0 };

export type Price = Pick<Endpoint, 'price'>;

/** As OpenAI's servers tell it; undefined: this one tells nothing, or nothing that can be. */
export function toldUsage(response: unknown): Usage | undefined {
  const { usage } = mapping(response);
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = mapping(usage);
  if (!isTokenCount(inputTokens) || !isTokenCount(outputTokens)) return undefined;
  const { cached_tokens: cachedTokens } = mapping(mapping(usage)['prompt_tokens_details']);
  return { inputTokens, outputTokens, ...(isTokenCount(cachedTokens) && { cachedTokens }) };
}

/**
 * An estimate, for a chat whose server tells no tokens.
 *
 * @param answered - characters of what it said.
 */
export function estimatedUsage(body: unknown, answered: number): Usage {
  const outputTokens = Math.ceil(answered / CHARACTERS_PER_TOKEN);
  return { inputTokens: promptTokens(body), outputTokens, estimated: true };
}

/** More tokens than a body can have: every one is a byte at least. */
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

/** What one stage paid a teacher, for people. */
export interface PaidFigures {
  /** Tokens of a chat, or of a server that tells them. */
  readonly inputTokens?: number;
  readonly cachedTokens?: number | undefined;
  readonly outputTokens?: number;
  /** The server tells no tokens; these are an estimate. */
  readonly isEstimated?: true;
  /** Undefined: the description has no price. */
  readonly cost?: number;
  /** What had been estimated for the same. */
  readonly estimatedCost?: number;
  /** With what was spent before. */
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

/** A sum of money, without its currency: calls cost little. */
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

/** What the k-th of so many answers has of one call. */
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

/** What an answer's line says of it. */
export function costFields(endpoint: Price, paid: Paid | undefined) {
  if (paid === undefined) return {};
  const cost = costOf(endpoint, paid);
  const { usage } = paid;
  return { ...(usage !== undefined && { usage }), ...(cost !== undefined && { cost }) };
}

function mapping(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
