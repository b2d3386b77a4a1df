/** Reads the texts of a chat that was asked for a list: chats keep to a form only roughly. Pure. */

export interface WrittenText {
  readonly text: string;
  /** The server cut the answer off inside this text. */
  readonly isCutOff: boolean;
}

/** No call asks for more texts. */
const TEXTS_MAX_COUNT = 100;
const CONTENT_MAX_CHARACTERS = 262_144;

/** A JSON string, with the separator after it. */
const JSON_STRING = /("[^"\\]*(?:\\.[^"\\]*)*")\s*,?\s*/sy;
/** `1. `, `(2) `, `3) `, `**4.** `, `- `, `* `, `• ` in front of a text. */
const MARKED = /^\s*(?:\*{0,2}\(?\d{1,3}[.):]\*{0,2}|[-*•–])\s+(\S.*)$/;
const QUOTED = /^(?:"(.*)"|“(.*)”|„(.*)[“”]|«(.*)»|'(.*)'|「(.*)」),?$/s;

/**
 * Reads a JSON list of strings, or of objects with a string, with or without text around it; else a list with numbers
 * or bullets.
 *
 * @param isCutOff - the server cut the answer off at its greatest length.
 * @returns an empty list: the content has no such list.
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

/** Texts of a list of strings, of a list of objects with a string, or of an object with such a list. */
function textsOf(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  if (!Array.isArray(json)) return textsOf(Object.values(json).find(Array.isArray));
  return json.flatMap((item: unknown) => {
    if (typeof item === 'string') return [item];
    if (typeof item !== 'object' || item === null) return [];
    return Object.values(item).find((value) => typeof value === 'string') ?? [];
  });
}

/** Reads a list of JSON strings that has no end, a comma too many, or line ends inside strings. */
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

/** Reads a list with numbers or bullets. A text may go on in the lines below its mark. */
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
    // The server says only that the answer was cut off: the cut is in the last text.
    isCutOff: isCutOff && k === texts.length - 1,
  }));
}

function unquoted(text: string): string {
  const inner = QUOTED.exec(text)
    ?.slice(1)
    .find((own) => own !== undefined);
  return inner ?? text;
}
