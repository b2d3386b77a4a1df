/** Which questions are still to be asked, and what that will cost. Pure. */
import { requestBody } from '@lyceum/learning/formats';
import {
  type Endpoint,
  hasPrice,
  type Imitation,
  type ImitationTeacher,
} from '@lyceum/learning/specification';
import { sha256Hex } from '@lyceum/proto';
import { answerKey, type ImitationAnswer, isUnreadable } from './answers-file.js';
import type { ImitationInput } from './inputs.js';

/** A token of English is about four characters; of other languages fewer. An estimate, and said to be one. */
const CHARACTERS_PER_TOKEN = 4;

/** What a chat's message adds to its text. */
const MESSAGE_TOKENS = 4;

/**
 * SHA-256 of what is sent and where, short: equal for equal questions. How answers are read is no part of it, and classes
 * are where a prompt names them.
 */
export function askedDigest(
  { url, request, chat, input, revision }: Endpoint,
  classes: readonly string[],
): string {
  const named = chat?.prompt.includes('{classes}') === true ? { classes } : {};
  return sha256Hex(JSON.stringify({ url, request, chat, input, revision, ...named })).slice(0, 16);
}

/** The inputs that a teacher has not answered; where unreadable answers are to be asked for again, these too. */
export function openQuestions(
  { name, endpoint }: ImitationTeacher,
  classes: readonly string[],
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  again = false,
): ImitationInput[] {
  const asked = askedDigest(endpoint, classes);
  return inputs.filter(({ id }) => {
    const answer = answers.get(answerKey({ teacher: name, id, asked }));
    return answer === undefined || (again && isUnreadable(answer));
  });
}

export interface CostEstimate {
  readonly teacher: string;
  readonly answered: number;
  readonly open: number;
  /** Without those that have to be repeated. */
  readonly calls: number;
  /** Of a chat. */
  readonly inputTokens?: number;
  /** At most. */
  readonly outputTokens?: number;
  /** Undefined: the description has no price. */
  readonly cost?: number;
  readonly currency?: string;
}

export function estimateCosts(
  { spec }: Imitation,
  inputs: readonly ImitationInput[],
  answers: ReadonlyMap<string, ImitationAnswer>,
  again = false,
): CostEstimate[] {
  return spec.teachers.map((teacher) => {
    const { batch, chat } = teacher.endpoint;
    const open = openQuestions(teacher, spec.classes, inputs, answers, again);
    const calls = Math.ceil(open.length / batch);
    const counted = {
      teacher: teacher.name,
      answered: inputs.length - open.length,
      open: open.length,
      calls,
    };
    if (chat === undefined) return { ...counted, ...costOf(teacher.endpoint, calls, 0, 0) };
    const inputTokens = open.reduce(
      (sum, own) => sum + promptTokens(teacher, own, spec.classes),
      0,
    );
    const outputTokens = calls * chat.maxTokens;
    return {
      ...counted,
      inputTokens,
      outputTokens,
      ...costOf(teacher.endpoint, calls, inputTokens, outputTokens),
    };
  });
}

function costOf(
  endpoint: Endpoint,
  calls: number,
  inputTokens: number,
  outputTokens: number,
): Pick<CostEstimate, 'cost' | 'currency'> {
  if (!hasPrice(endpoint)) return {};
  const { perCall, per1kInputTokens, per1kOutputTokens, currency } = endpoint.price;
  const perToken = (inputTokens * per1kInputTokens + outputTokens * per1kOutputTokens) / 1000;
  return { cost: calls * perCall + perToken, currency };
}

function promptTokens(
  { endpoint }: ImitationTeacher,
  { value }: ImitationInput,
  classes: readonly string[],
): number {
  const said = 'text' in value ? value.text : '';
  const { messages } = requestBody(endpoint, [said], classes) as {
    messages: readonly { readonly content: string }[];
  };
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + MESSAGE_TOKENS * messages.length;
}
