/** The JSON of an answer, or why it cannot be parsed, in words that quote none of it. Pure. */
import { shownText } from '@lyceum/proto';
import type { HttpAnswer } from './http-call.js';

/** No useful answer is nested deeper, and a deeper one would overflow the stack when it is serialized again. */
const MAX_DEPTH = 256;

/** Letters that a message shows of a server's content type. */
const TYPE_CHARACTERS = 60;

/** Python writes these for numbers that JSON cannot express. */
const NO_NUMBER = /[[,:]\s*-?(?:NaN|Infinity)\s*[\],}]/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function jsonOf({
  body,
  contentType,
}: Pick<HttpAnswer, 'body' | 'contentType'>):
  | { readonly json: unknown }
  | { readonly problem: string } {
  const length = `${body.length} bytes`;
  const isOther = contentType !== '' && !/\bjson$/.test(contentType);
  const other = `is no JSON but ${shownText(contentType, TYPE_CHARACTERS)}, ${length}`;
  let text: string;
  try {
    // A byte order mark in front is not part of the text.
    text = utf8.decode(body);
  } catch {
    return { problem: isOther ? other : `is not in UTF-8, ${length}` };
  }
  if (isDeeper(text, MAX_DEPTH)) return { problem: `is nested more than ${MAX_DEPTH} deep` };
  try {
    return { json: JSON.parse(text) };
  } catch {
    if (isOther) return { problem: other };
    const what = NO_NUMBER.test(text) ? 'holds NaN or Infinity, which is no JSON' : 'is no JSON';
    return { problem: `${what}, ${length}` };
  }
}

/** Whether the text nests lists and mappings deeper than `most`. */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (isString) {
      if (sign === '\\') i++;
      else if (sign === '"') isString = false;
    } else if (sign === '"') isString = true;
    else if (sign === '[' || sign === '{') {
      depth++;
      if (depth > most) return true;
    } else if (sign === ']' || sign === '}') depth--;
  }
  return false;
}
