/** Reads a response: the class, the raw answer, and the teacher's explanation. Pure. */
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

/** Characters of an answer that a message shows. */
const SHOWN_CHARACTERS = 80;

const RAW_MAX_CHARACTERS = 65_536;

/** Most opening braces of an answer at which a JSON object is tried. */
const BRACES_MAX_COUNT = 32;

/** JSON pointer to a choice of a chat; `*` is the number of the choice. */
const CHOICE = '/choices/*';
const TOOL_ARGUMENTS = '/message/tool_calls/0/function/arguments';

export function isReadable(said: Said | undefined): said is Said {
  return said !== undefined && said.problem === undefined;
}

/** Number of answers in a chat's response. */
export function choicesOf(response: unknown): number {
  const choices = valueAt(response, '/choices', 0);
  return Array.isArray(choices) ? choices.length : 0;
}

/** @param place - index of the sample in the call, or of the choice of a chat. */
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
  // If the answer's place is empty, the whole response is kept, to be read again: only if it has no other answers.
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
  // An answer that was cut off or filtered does not mean "I do not know".
  const problem = silence ?? ('problem' in answer ? answer.problem : undefined);
  return { class: null, raw, ...(problem !== undefined && { problem }), ...beside };
}

/** The raw answer for the answers file; null: it is too long to be an answer. */
function keptRaw(raw: unknown): unknown {
  return JSON.stringify(raw).length > RAW_MAX_CHARACTERS ? null : raw;
}

/** The server's reason for an empty message; undefined: the message has text, or the server gives no reason. */
function silenceOf(response: unknown, place: number): string | undefined {
  const [content, refusal, ended] = ['/message/content', '/message/refusal', '/finish_reason'].map(
    (pointer) => valueAt(response, CHOICE + pointer, place),
  );
  if (typeof content === 'string' && content.trim() !== '') return undefined;
  if (typeof refusal === 'string') return `holds a refusal: ${cut(refusal, SHOWN_CHARACTERS)}`;
  if (ended === 'content_filter') return "holds no answer: the server's content filter removed it";
  if (ended === 'length') return 'holds no answer: it was cut off at maxTokens before any text';
  return undefined;
}

/** Reads the kept raw text of an unreadable answer again. @returns undefined: it is still unreadable. */
export function readKeptRaw(
  asking: Asking,
  raw: unknown,
  classes: readonly string[],
): Pick<Said, 'class' | 'explanation'> | undefined {
  const { endpoint, schema } = asking;
  const place = { ...endpoint, chat: undefined, answer: '' };
  // The raw value is from the answer's place, or the whole response if that place was empty.
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
 * Reads the answer of a chat that was asked for an object: a JSON object, or a text that contains one.
 *
 * @returns the class of the object's label, and the object's explanation if it has one.
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

/** The first object with a label in a text, else the first object: braces occur in ordinary text too. */
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

/** @param begin - index of a `{`. @returns the object up to the matching `}`; undefined: that is no JSON. */
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

/** Whether a chat that was asked for an object answers in plain words: the server ignored the request's form. */
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
 * The tokens of a chat's call: as its server reports them, else an estimate.
 *
 * @param response - undefined: the response is no JSON.
 * @param mostTokens - upper bound of the answer's tokens.
 */
export function usageOf(body: unknown, response: unknown, mostTokens: number): Usage {
  const told = toldUsage(response);
  if (told !== undefined) return told;
  if (response !== undefined) return estimatedUsage(body, saidCharacters(response));
  return { ...estimatedUsage(body, 0), outputTokens: mostTokens };
}

/** Number of characters in all answers of a chat's response. */
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

/** The line of one answer, without its cost. */
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
