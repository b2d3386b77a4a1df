/**
 * Turns a JSON schema into the grammar (GBNF) that holds a model to it: an object of texts, some of them from a fixed
 * list. The grammar allows no optional spaces, since a small model would spend tokens on them. Pure.
 */
import { ChatRefused } from './chat-protocol.js';

/** A JSON string: no control characters, no escapes by number. */
const STRING = String.raw`string ::= "\"" ([^"\\\x00-\x1F] | "\\" ["\\/bfnrt])* "\""`;

/** @throws {ChatRefused} naming the property that this grammar cannot express. */
export function grammarOf(schema: Readonly<Record<string, unknown>>): string {
  const { type, properties } = schema;
  if (type !== 'object' || typeof properties !== 'object' || properties === null) {
    throw new ChatRefused('response_format.json_schema.schema: want an object with properties');
  }
  const members = Object.entries(properties).map(
    ([name, own], k) =>
      `${literal(`${k === 0 ? '' : ', '}${JSON.stringify(name)}: `)} ${ruleOf(name, own)}`,
  );
  return `root ::= ${[literal('{'), ...members, literal('}')].join(' ')}\n${STRING}\n`;
}

function ruleOf(name: string, own: unknown): string {
  const { type, enum: words } = (own ?? {}) as { readonly type?: unknown; readonly enum?: unknown };
  if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')) {
    return `(${words.map((word: string) => literal(JSON.stringify(word))).join(' | ')})`;
  }
  if (words === undefined && type === 'string') return 'string';
  const want = 'want type: string, or an enum of texts';
  throw new ChatRefused(`response_format.json_schema.schema.properties.${name}: ${want}`);
}

/** GBNF's strings have JSON's escapes. */
function literal(text: string): string {
  return JSON.stringify(text);
}
