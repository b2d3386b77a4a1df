/**
 * A black-box endpoint as its user describes it: the request, the place of the answer in the response, and which class
 * of a data set each answer means. Code that calls endpoints is in `@lyceum/learning/formats`, endpoint/.
 *
 * ```yaml
 * url: https://api.example.org/v1/detect
 * headers: { authorization: { secret: detect-token, prefix: "Bearer " } }
 * request: { text: $input }
 * answer: /language
 * classes: { de: german, en: english, und: null }
 * ```
 */
import { DOCUMENT_MAX_BYTES, InvalidDocumentError, type Problem } from '@lyceum/proto';
import { z } from 'zod';
import {
  isMapping,
  number,
  parseYamlDocument,
  problemsOf,
  section,
  text,
  wants,
  wholeNumber,
  word,
} from '../../documents/index.js';
import { headers } from './header-schema.js';

/** Stands for one input in a request. */
export const INPUT_PLACEHOLDER = '$input';
/** Stands for the list of a call's inputs. */
export const INPUTS_PLACEHOLDER = '$inputs';

/** Greatest number of answers that a description may translate. */
const CLASSES_MAX_COUNT = 65_536;

const plainText = (want: string) => z.string({ error: wants(want) });
const jsonPointer = text('a JSON pointer, /path/to/the/answer, or "" for the whole', /^(\/.*)?$/s);
const whole = (want: string, atMost: number) => wholeNumber(want, { above: 0, atMost });

const chat = section({
  model: text('the name of a model', /./s).describe('The name that the server calls the model by.'),
  system: plainText('a text')
    .optional()
    .describe('What the model is told before the prompt, as the message of the role system.'),
  prompt: text('a text with {input}', /\{input\}/).describe(
    "What the model is asked: {input} stands for the sample's text or row, {classes} for what may be answered.",
  ),
  maxTokens: whole('a whole number from 1 to 4096', 4096)
    .default(16)
    .describe('The length in tokens at which the server cuts an answer off.'),
  temperature: number('a number from 0 to 2', { atLeast: 0, atMost: 2 })
    .default(0)
    .describe(
      'The temperature that the server draws tokens at; at 0 it takes the most probable ones.',
    ),
});

const someAmount = number('a number, at least 0', { atLeast: 0 });
const amount = someAmount.default(0);
const price = section({
  perCall: amount.describe('What one call costs, in the currency.'),
  per1kInputTokens: amount.describe('What 1000 tokens that are sent cost, in the currency.'),
  per1kCachedTokens: someAmount
    .optional()
    .describe(
      'What 1000 of the sent tokens cost that the server had in its cache; default as any that are sent.',
    ),
  per1kOutputTokens: amount.describe('What 1000 tokens that are answered cost, in the currency.'),
  currency: text('a currency', /^.{1,8}$/u)
    .default('USD')
    .describe('The currency of the prices.'),
});

const OF_INFERENCE =
  'is of a model behind an inference server, which is pushed with --inference FILE';

const endpoint = section(
  {
    url: text('http:// or https:// and an address', /^https?:\/\/[^\s@]+$/).describe(
      'The address that calls are sent to.',
    ),
    headers: headers
      .default({})
      .describe(
        'What is sent with every call, as { authorization: { secret: detect-token, prefix: "Bearer " } }.',
      ),
    request: z
      .unknown()
      .optional()
      .describe(
        "The body of a call, any JSON: $input stands for the sample, $inputs for the list of a call's samples.",
      ),
    chat: chat
      .optional()
      .describe(
        'In place of request and answer: how an OpenAI-compatible endpoint is asked, POST …/chat/completions.',
      ),
    answer: jsonPointer
      .optional()
      .describe(
        "The JSON pointer to the answer in the response; * is the sample's place in $inputs.",
      ),
    confidence: jsonPointer
      .optional()
      .describe('The JSON pointer to a number in the response that says how sure the answer is.'),
    input: word('values', 'png', 'text', 'row')
      .default('values')
      .describe(
        'What a sample is sent as: its numbers, nested by its shape; a PNG in base64; its text; or its row of a table, an object by columns.',
      ),
    batch: whole('a whole number from 1 to 1024', 1024)
      .default(1)
      .describe('How many samples are in a call at most; more than 1 with $inputs only.'),
    classes: z
      .record(plainText('a text'), plainText('the name of a class, or null').nullable(), {
        error: wants('a mapping from answers to names of classes, or to null'),
      })
      .refine((classes) => Object.keys(classes).length <= CLASSES_MAX_COUNT, {
        error: `has more than ${CLASSES_MAX_COUNT} answers`,
      })
      .optional()
      .describe(
        'From answers to classes of the set, or to null where the endpoint does not know; default: it answers with the names of classes.',
      ),
    otherwise: word('refuse', 'abstain')
      .default('refuse')
      .describe('What an answer that is no class counts as: an error, or "I do not know".'),
    concurrency: whole('a whole number from 1 to 64', 64)
      .default(4)
      .describe('How many calls may be under way at a time.'),
    rate: section({
      perSecond: whole('a whole number from 1 to 10000', 10_000)
        .optional()
        .describe('The most calls that are begun in any second; default no limit.'),
      perMinute: whole('a whole number from 1 to 100000', 100_000)
        .optional()
        .describe('The most calls that are begun in any minute; default no limit.'),
    })
      .default({})
      .describe('How fast calls may be begun; default no limit.'),
    timeoutMs: whole('milliseconds from 1 to 600000', 600_000)
      .default(30_000)
      .describe('How many milliseconds one call may take.'),
    attempts: whole('a whole number from 1 to 20', 20)
      .default(5)
      .describe('How many times a call is tried before it counts as failed.'),
    price: price.prefault({}).describe('What calls cost; all 0: not known.'),
    revision: text('a text of at most 100 characters', /^.{0,100}$/su)
      .default('')
      .describe(
        'Your own word for what answers now: answers of another revision are kept apart from these.',
      ),
  },
  {
    model: `${OF_INFERENCE}; that of a chat stands in chat`,
    inputShape: OF_INFERENCE,
    deadlineSeconds: OF_INFERENCE,
  },
);

export type Endpoint = z.output<typeof endpoint>;

/** An endpoint whose chat may lack a prompt, which stands elsewhere then. */
export const endpointOfPrompts = endpoint.extend({
  chat: chat
    .extend({
      prompt: chat.shape.prompt.optional().describe(chat.shape.prompt.description ?? ''),
    })
    .optional()
    .describe(endpoint.shape.chat.description ?? ''),
});

export type EndpointOfPrompts = z.output<typeof endpointOfPrompts>;

/** Whether the description says that calls cost something. */
export function hasPrice({ price }: Pick<Endpoint, 'price'>): boolean {
  const { perCall, per1kInputTokens, per1kOutputTokens, per1kCachedTokens = 0 } = price;
  return perCall + per1kInputTokens + per1kOutputTokens + per1kCachedTokens > 0;
}

type Mapping = Readonly<Record<string, unknown>>;

/** What must hold between the fields of a description, as it was written. */
export function endpointProblems(written: Mapping): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const { request, chat: chats, answer, batch = 1, input = 'values' } = written;
  if ((request === undefined) === (chats === undefined)) {
    wrong('request', 'want either request, with answer, or chat');
    return problems;
  }
  if (chats !== undefined) {
    if (answer !== undefined)
      wrong('answer', 'belongs to request; a chat answers with its message');
    if (batch !== 1) wrong('batch', 'belongs to request; a chat is asked about one sample a call');
    if (input !== 'text' && input !== 'row') wrong('input', 'want text or row beside chat');
    return problems;
  }
  const [ones, lists] = [INPUT_PLACEHOLDER, INPUTS_PLACEHOLDER].map((p) => countOf(request, p));
  const stars = typeof answer === 'string' ? answer.split('/').filter((p) => p === '*').length : 0;
  if (answer === undefined) wrong('answer', 'is missing; want a JSON pointer into the response');
  if (ones === 0 && lists === 0) {
    wrong(
      'request',
      `holds no ${INPUT_PLACEHOLDER} and no ${INPUTS_PLACEHOLDER}: nothing is asked`,
    );
  } else if (ones !== 0 && lists !== 0) {
    wrong('request', `holds ${INPUT_PLACEHOLDER} and ${INPUTS_PLACEHOLDER}; want one of them`);
  } else if (ones !== 0 && batch !== 1) {
    wrong(
      'batch',
      `is ${String(batch)}, and request holds ${INPUT_PLACEHOLDER}, which is one sample`,
    );
  } else if (lists !== 0 && stars !== 1 && answer !== undefined) {
    wrong('answer', `wants one *, the sample's place, beside ${INPUTS_PLACEHOLDER}`);
  } else if (ones !== 0 && stars > 0) {
    wrong('answer', `has a *, and request asks about one sample, ${INPUT_PLACEHOLDER}`);
  }
  return problems;
}

/** @throws {InvalidDocumentError} naming every field that is wrong. */
export function checkEndpoint(document: unknown, source: string): Endpoint {
  const result = endpoint.safeParse(document);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error)),
    ...(isMapping(document) ? endpointProblems(document) : []),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new InvalidDocumentError(source, problems);
}

/** From YAML (JSON is YAML). @throws {InvalidDocumentError} as {@link checkEndpoint}. */
export function parseEndpoint(source: string, sourceName: string): Endpoint {
  const problem = (message: string) =>
    new InvalidDocumentError(sourceName, [{ path: '', message }]);
  if (Buffer.byteLength(source) > DOCUMENT_MAX_BYTES) {
    throw problem(`is longer than the ${DOCUMENT_MAX_BYTES} bytes that are read`);
  }
  const read = parseYamlDocument(source);
  if ('problem' in read) throw problem(read.problem.message);
  return checkEndpoint(read.value, sourceName);
}

/** JSON Schema (2020-12) of what a user may write, for editors. */
export function endpointJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(endpoint, { io: 'input' }), title: 'Lyceum endpoint' };
}

/** How often a placeholder is a value in some JSON. */
function countOf(json: unknown, placeholder: string): number {
  if (json === placeholder) return 1;
  if (typeof json !== 'object' || json === null) return 0;
  return Object.values(json).reduce<number>((sum, part) => sum + countOf(part, placeholder), 0);
}
