/** From an endpoint's response to classes. Pure. */
import { LyceumError, ownEntry } from '@lyceum/proto';
import type { Endpoint } from '../../specification/index.js';

/** What an answer means. */
export type ReadAnswer =
  /** `null`: the endpoint does not know. */
  { readonly className: string | null } | { readonly problem: string };

/** Letters of an answer that a message shows. */
const SHOWN_CHARACTERS = 80;

const CHAT_ANSWER = '/choices/0/message/content';

/** Where the answer stands in a response; a chat's stands where OpenAI puts it. */
export function answerPointer({ answer, chat }: Pick<Endpoint, 'answer' | 'chat'>): string {
  return chat === undefined ? (answer ?? '') : CHAT_ANSWER;
}

/**
 * The value at a JSON pointer (RFC 6901); `undefined` if there is none.
 *
 * @param place - the number that `*` stands for.
 */
export function valueAt(json: unknown, pointer: string, place: number): unknown {
  let value = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part === '*' ? String(place) : part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/**
 * Why none of a call's answers can be believed. A list of another length than the number of samples may lack an entry,
 * or have one more, anywhere: the entries behind it would belong to other samples.
 */
export function listProblem(
  endpoint: Pick<Endpoint, 'answer' | 'chat'>,
  response: unknown,
  sampleCount: number,
): string | undefined {
  const parts = answerPointer(endpoint).split('/');
  const star = parts.indexOf('*');
  const pointer = parts.slice(0, star).join('/');
  const list = star < 0 ? undefined : valueAt(response, pointer, 0);
  if (!Array.isArray(list) || list.length === sampleCount) return undefined;
  const at = pointer === '' ? '' : ` at ${pointer}`;
  return `has a list of ${list.length}${at} for ${sampleCount} samples, so it is not known which answer is whose`;
}

/**
 * How one sample of a call was answered, strictly: a word or a number that stands for a class.
 *
 * @param place - of the sample in the call.
 * @param classNames - of the set.
 * @param quoting - problems repeat a part of the answer. False: readers of the problem may not see the answer.
 */
export function readAnswer(
  endpoint: Pick<Endpoint, 'answer' | 'chat' | 'classes' | 'otherwise'>,
  response: unknown,
  place: number,
  classNames: readonly string[],
  quoting = true,
): ReadAnswer {
  const pointer = answerPointer(endpoint);
  const at = pointer.replace('*', String(place));
  const raw = valueAt(response, pointer, place);
  const silence = endpoint.chat === undefined ? undefined : silenceOf(response);
  if (silence !== undefined && typeof raw !== 'string') return { problem: silence };
  if (raw === undefined) {
    const nothing = `holds nothing at ${at}`;
    return { problem: quoting ? `${nothing}: ${shown(response)}` : nothing };
  }
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
    const got = quoting ? shown(raw) : kindOf(raw);
    const isOfClasses = Array.isArray(raw) && raw.length > 1 && raw.every(Number.isFinite);
    const advice = isOfClasses
      ? '; an endpoint tells the class alone; a number for each class takes an inference server (models push --inference) or a file of answers'
      : '';
    return { problem: `wants a word or a number at ${at}, got ${got}${advice}` };
  }
  const word = String(raw).trim();
  const { classes, otherwise } = endpoint;
  const named =
    classes === undefined ? (classNames.includes(word) ? word : undefined) : own(classes, word);
  if (named !== undefined) return { className: named };
  if (otherwise === 'abstain') return { className: null };
  const known = classes === undefined ? classNames : Object.keys(classes);
  const said = quoting
    ? shown(JSON.stringify(raw))
    : `has a word of ${word.length} characters that`;
  const why = silence === undefined ? likeOne(word, known) : `: it ${silence}`;
  return { problem: `${said} is none of ${shown(known.join(', '))}${why}` };
}

/** Why a chat's choice says nothing, or not all, as its server tells it. */
function silenceOf(response: unknown): string | undefined {
  const at = (pointer: string) => valueAt(response, `/choices/0${pointer}`, 0);
  const ended = at('/finish_reason');
  if (typeof at('/message/refusal') === 'string') return 'holds a refusal';
  if (ended === 'content_filter') return "was removed by its server's content filter";
  if (ended === 'length') return 'was cut off at maxTokens';
  return ended === 'tool_calls' ? 'holds calls of tools, and no answer' : undefined;
}

const NEGATIVE = /^[-\u2212]\s*\p{N}/u;

/** The known word that it is but for case and signs around it, if that is one. The minus of a number is no such sign. */
function likeOne(word: string, known: readonly string[]): string {
  if (NEGATIVE.test(word)) return '';
  const bare = (text: string) =>
    text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  const alike = known.filter((own) => bare(own) === bare(word) && bare(own) !== '');
  return alike.length === 1 ? `; apart from case and punctuation it is ${shown(alike[0])}` : '';
}

function kindOf(raw: unknown): string {
  return raw === null ? 'null' : Array.isArray(raw) ? 'a list' : 'a mapping';
}

function own(classes: Readonly<Record<string, string | null>>, word: string) {
  return ownEntry(classes, word);
}

/** The classes that a description names, each once. */
export function namedClasses({ classes = {} }: Pick<Endpoint, 'classes'>): string[] {
  return [...new Set(Object.values(classes).filter((name) => name !== null))];
}

/** Whether the endpoint may say that it does not know. */
export function mayAbstain({
  classes = {},
  otherwise,
}: Pick<Endpoint, 'classes' | 'otherwise'>): boolean {
  return otherwise === 'abstain' || Object.values(classes).includes(null);
}

/** @throws {LyceumError} INVALID_ARGUMENT naming classes that the set does not have. */
export function requireKnownClasses(
  endpoint: Pick<Endpoint, 'classes'>,
  classNames: readonly string[],
): void {
  const known = new Set(classNames);
  const unknown = namedClasses(endpoint).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const message = `its description's classes name ${shown(unknown.join(', '))}, and the data set has ${shown(classNames.join(', '))}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
