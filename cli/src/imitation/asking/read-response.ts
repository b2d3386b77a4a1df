/** From a response to what was said: the class, how it was said, and why. Pure. */
import { answerPointer, readAnswer, valueAt } from '@lyceum/learning/formats';
import type { ImitationTeacher } from '@lyceum/learning/specification';
import { cut } from '@lyceum/proto';
import type { AnswerLine, Usage } from './answers-file.js';
import type { Asking } from './askings.js';
import { estimatedUsage, toldUsage } from './costs.js';
import type { Question } from './open-questions.js';

export type Said = Pick<
  AnswerLine,
  | 'class'
  | 'raw'
  | 'problem'
  | 'open'
  | 'refused'
  | 'confidence'
  | 'explanation'
  | 'finish'
  | 'model'
>;

export const NOTHING_SAID: Said = { class: null, raw: null };

/** Letters of an answer that a message shows. */
const SHOWN_CHARACTERS = 80;

const RAW_MAX_CHARACTERS = 65_536;

/** Braces of an answer at which an object is looked for. */
const BRACES_MAX_COUNT = 32;

/** Where a chat's message stands; `*` is the number of the choice. */
const CHOICE = '/choices/*';
const TOOL_ARGUMENTS = '/message/tool_calls/0/function/arguments';

export function isReadable(said: Said | undefined): said is Said {
  return said !== undefined && said.problem === undefined;
}

/** So many answers a chat's response has. */
export function choicesOf(response: unknown): number {
  const choices = valueAt(response, '/choices', 0);
  return Array.isArray(choices) ? choices.length : 0;
}

/** @param place - of the sample in the call, or of a chat's choice. */
export function saidOf(
  asking: Asking,
  response: unknown,
  place: number,
  classes: readonly string[],
): Said {
  const { endpoint } = asking;
  const isChat = endpoint.chat !== undefined;
  const pointer = isChat ? `${CHOICE}/message/content` : answerPointer(endpoint);
  const tool =
    asking.schema === undefined ? undefined : valueAt(response, CHOICE + TOOL_ARGUMENTS, place);
  const at = tool ?? valueAt(response, pointer, place);
  const { confidence: sureAt } = endpoint;
  const sure = sureAt === undefined ? undefined : valueAt(response, sureAt, place);
  const ended = isChat ? valueAt(response, `${CHOICE}/finish_reason`, place) : undefined;
  const model = isChat ? valueAt(response, '/model', 0) : undefined;
  const beside = {
    ...(typeof sure === 'number' && Number.isFinite(sure) && { confidence: sure }),
    ...(typeof ended === 'string' && { finish: ended }),
    ...(typeof model === 'string' && { model: cut(model, SHOWN_CHARACTERS) }),
  };
  const silence = isChat && tool === undefined ? silenceOf(response, place) : undefined;
  // Without an answer at its place, all of what came is worth keeping, if it is of this one alone: it is read again.
  const isAlone = isChat ? choicesOf(response) <= 1 : endpoint.batch === 1;
  const isSilent = at === undefined || silence !== undefined;
  const raw = keptRaw(isSilent ? (isAlone ? response : null) : at);
  if (asking.schema !== undefined && at !== undefined && silence === undefined) {
    return { ...readObject(asking, at, classes), raw, ...beside };
  }
  const own = { ...endpoint, chat: undefined, answer: pointer };
  const answer = readAnswer(own, response, place, classes);
  const className = 'problem' in answer ? null : answer.className;
  if (className !== null) return { class: className, raw, ...beside };
  // A teacher that was cut off, or kept from an answer, has not said that it does not know.
  const problem = silence ?? ('problem' in answer ? answer.problem : undefined);
  return { class: null, raw, ...(problem !== undefined && { problem }), ...beside };
}

/** A line for people has no more of it; what is longer is no answer. */
function keptRaw(raw: unknown): unknown {
  return JSON.stringify(raw).length > RAW_MAX_CHARACTERS ? null : raw;
}

/** Why a chat says nothing, as its server tells it; undefined: it says something, or the reason is not told. */
function silenceOf(response: unknown, place: number): string | undefined {
  const [content, refusal, ended] = ['/message/content', '/message/refusal', '/finish_reason'].map(
    (pointer) => valueAt(response, CHOICE + pointer, place),
  );
  if (typeof content === 'string' && content.trim() !== '') return undefined;
  if (typeof refusal === 'string') return `holds a refusal: ${cut(refusal, SHOWN_CHARACTERS)}`;
  if (ended === 'content_filter') return "holds no answer: its server's filter kept it back";
  if (ended === 'length') return 'holds no answer: maxTokens ended it before its first word';
  return undefined;
}

/** What was kept of an answer that could not be read, read again. Undefined: it still cannot be. */
export function readKeptRaw(
  asking: Asking,
  raw: unknown,
  classes: readonly string[],
): Pick<Said, 'class' | 'explanation'> | undefined {
  const { endpoint, schema } = asking;
  const place = { ...endpoint, chat: undefined, answer: '' };
  // What stood at the place of the answer; or the whole response, where nothing stood there.
  const whole = () => (endpoint.batch === 1 ? saidOf(asking, raw, 0, classes) : undefined);
  if (schema !== undefined) {
    const object = readObject(asking, raw, classes);
    const read = isReadable({ raw, ...object }) ? object : whole();
    if (read === undefined || read.problem !== undefined) return undefined;
    const { class: named, explanation } = read;
    return { class: named, ...(explanation !== undefined && { explanation }) };
  }
  const read = readAnswer(place, raw, 0, classes);
  if (!('problem' in read)) return { class: read.className };
  const said = whole();
  return isReadable(said) ? { class: said.class } : undefined;
}

/**
 * The object of a chat that was asked for one: an object, or the text of one, with other text around it or not.
 *
 * @returns the class of its label, and its explanation where it has one.
 */
function readObject(
  { endpoint }: Asking,
  raw: unknown,
  classes: readonly string[],
): Omit<Said, 'raw'> {
  const object = typeof raw === 'string' ? parsed(raw) : raw;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    const shown = JSON.stringify(raw) ?? 'nothing';
    return { class: null, problem: `wants a JSON object, got ${cut(shown, SHOWN_CHARACTERS)}` };
  }
  const { explanation: text } = object as { readonly explanation?: unknown };
  const explanation = typeof text === 'string' && text.trim() !== '' ? { explanation: text } : {};
  const { classes: labels, otherwise } = endpoint;
  const label = { answer: '/label', chat: undefined, classes: labels, otherwise };
  const answer = readAnswer(label, object, 0, classes);
  if ('problem' in answer) return { class: null, problem: answer.problem, ...explanation };
  return { class: answer.className, ...explanation };
}

/** The first object in a text that has a label, else the first one: braces stand in other words too. */
function parsed(text: string): unknown {
  const objects: object[] = [];
  let begin = text.indexOf('{');
  for (let tries = 0; begin >= 0 && tries < BRACES_MAX_COUNT; tries++) {
    const own = objectAt(text, begin);
    if (own !== undefined) objects.push(own.object);
    begin = text.indexOf('{', own?.end ?? begin + 1);
  }
  return objects.find((object) => Object.hasOwn(object, 'label')) ?? objects[0];
}

/** @param begin - of a brace. @returns the object up to the brace that closes it, if that is one. */
function objectAt(text: string, begin: number): { object: object; end: number } | undefined {
  let depth = 0;
  let isString = false;
  for (let i = begin; i < text.length; i++) {
    const sign = text[i];
    if (isString && sign === '\\') i++;
    else if (sign === '"') isString = !isString;
    else if (!isString && sign === '{') depth++;
    else if (!isString && sign === '}') depth--;
    if (depth > 0) continue;
    try {
      return { object: JSON.parse(text.slice(begin, i + 1)) as object, end: i + 1 };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Whether a chat that was asked for an object says plain words: its server does not know what asked for it. */
export function ignoresSchema(response: unknown): boolean {
  const choices = placesOf(response);
  return choices.length > 0 && choices.every((place) => isPlain(response, place));
}

function isPlain(response: unknown, place: number): boolean {
  const content = valueAt(response, `${CHOICE}/message/content`, place);
  const tool = valueAt(response, CHOICE + TOOL_ARGUMENTS, place);
  const isText = typeof content === 'string' && content.trim() !== '';
  return tool === undefined && isText && !content.includes('{');
}

/**
 * The tokens of a chat's call: as its server tells them, else an estimate.
 *
 * @param response - undefined: nobody can read it.
 * @param mostTokens - that may be answered.
 */
export function usageOf(body: unknown, response: unknown, mostTokens: number): Usage {
  const told = toldUsage(response);
  if (told !== undefined) return told;
  if (response !== undefined) return estimatedUsage(body, saidCharacters(response));
  return { ...estimatedUsage(body, 0), outputTokens: mostTokens };
}

/** Characters of what a chat said. */
function saidCharacters(response: unknown): number {
  return placesOf(response).reduce((sum, place) => {
    const content = valueAt(response, `${CHOICE}/message/content`, place);
    const tool = valueAt(response, CHOICE + TOOL_ARGUMENTS, place);
    return sum + [content, tool].join('').length;
  }, 0);
}

function placesOf(response: unknown): number[] {
  return [...Array(choicesOf(response)).keys()];
}

/** The line of one answer, without what it cost. */
export function answerLineOf(
  { name }: ImitationTeacher,
  { input, asking }: Question,
  said: Said,
): AnswerLine {
  const { answer, asked, endpoint } = asking;
  const { revision } = endpoint;
  const at = new Date().toISOString();
  return { teacher: name, id: input.id, answer, ...input.value, ...said, revision, asked, at };
}
