/** The texts in what a chat wrote when it was asked for a list: chats keep to a form only roughly. Pure. */

export interface WrittenText {
  readonly text: string;
  /** The server ended the answer before its end. */
  readonly isCutOff: boolean;
}

/** No call asks for more. */
const TEXTS_MAX_COUNT = 100;
const CONTENT_MAX_CHARACTERS = 262_144;

/** With what stands between it and the next. */
const JSON_STRING = /("[^"\\]*(?:\\.[^"\\]*)*")\s*,?\s*/sy;
/** `1. `, `(2) `, `3) `, `**4.** `, `- `, `* `, `• ` in front of a text. */
const MARKED = /^\s*(?:\*{0,2}\(?\d{1,3}[.):]\*{0,2}|[-*•–])\s+(\S.*)$/;
const QUOTED = /^(?:"(.*)"|“(.*)”|„(.*)[“”]|«(.*)»|'(.*)'|「(.*)」),?$/s;

/**
 * A JSON list, of strings or of objects with one, alone or between other words; else a list with numbers or bullets.
 *
 * @param isCutOff - the server ended the answer at its greatest length.
 * @returns no text: there is no such list.
 */
export function readWrittenList(content: string, isCutOff: boolean): WrittenText[] {
  const own = content.slice(0, CONTENT_MAX_CHARACTERS);
  const found = wholeList(own) ?? brokenList(own) ?? markedLines(own, isCutOff);
  return found
    .map((item) => ({ ...item, text: item.text.trim() }))
    .filter(({ text }) => text !== '')
    .slice(0, TEXTS_MAX_COUNT);
}

function wholeList(content: string): WrittenText[] | undefined {
  for (const [first, last] of ['[]', '{}']) {
    const [begin, end] = [content.indexOf(first as string), content.lastIndexOf(last as string)];
    if (begin < 0 || end < begin) continue;
    const texts = textsOf(parsed(content.slice(begin, end + 1)));
    if (texts.length > 0) return texts.map((text) => ({ text, isCutOff: false }));
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Texts of a list of texts, of a list of objects with one, or of an object with such a list. */
function textsOf(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  if (!Array.isArray(json)) return textsOf(Object.values(json).find(Array.isArray));
  return json.flatMap((item: unknown) => {
    if (typeof item === 'string') return [item];
    if (typeof item !== 'object' || item === null) return [];
    return Object.values(item).find((value) => typeof value === 'string') ?? [];
  });
}

/** A list of JSON strings whose end is missing, or that has a comma too many or line ends inside strings. */
function brokenList(content: string): WrittenText[] | undefined {
  const begin = /\[\s*(?=")/.exec(content);
  if (begin === null) return undefined;
  const texts: WrittenText[] = [];
  let at = begin.index + begin[0].length;
  while (content[at] === '"') {
    JSON_STRING.lastIndex = at;
    const [all = '', string] = JSON_STRING.exec(content) ?? [];
    if (string === undefined) return [...texts, { text: content.slice(at + 1), isCutOff: true }];
    const text = parsed(string.replace(/\s+/g, ' '));
    if (typeof text === 'string') texts.push({ text, isCutOff: false });
    at += all.length;
  }
  return texts;
}

/** A text may go on in the lines below it. */
function markedLines(content: string, isCutOff: boolean): WrittenText[] {
  const texts: string[] = [];
  let isOpen = false;
  for (const line of content.split(/\r?\n/)) {
    const marked = MARKED.exec(line)?.[1];
    if (marked !== undefined) texts.push(marked);
    else if (isOpen && line.trim() !== '') texts.push(`${texts.pop()} ${line.trim()}`);
    isOpen = (marked !== undefined || isOpen) && line.trim() !== '';
  }
  return texts.map((text, k) => ({
    text: unquoted(text.trim()),
    // Where it ended is told of the answer alone: its last words are the last text's.
    isCutOff: isCutOff && k === texts.length - 1,
  }));
}

function unquoted(text: string): string {
  const inner = QUOTED.exec(text)
    ?.slice(1)
    .find((own) => own !== undefined);
  return inner ?? text;
}
