/**
 * Makes foreign text safe to show on a terminal: names, reasons, classes, errors, logs. Control characters would move
 * the cursor, rewrite lines or change the title; direction marks would reverse other letters. Both become escapes.
 */

/** C0, DEL, C1; marks of the writing direction; line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** The text with escapes; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (c) => (c === '\n' || c === '\t' ? c : escaped(c)));
}

/** JSON text of the same value: unprintable letters, which occur only inside strings, become `\u` escapes. */
export function printableJson(json: string): string {
  return json.replaceAll(UNPRINTABLE, (c) => (c === '\n' || c === '\t' ? c : unicodeEscape(c)));
}

/** Plain data whose texts are {@link printable}, for web pages: browsers obey direction marks, too. */
export function printableTexts<T>(data: T): T {
  return shown(data) as T;
}

function shown(data: unknown): unknown {
  if (typeof data === 'string') return printable(data);
  if (Array.isArray(data)) return data.map(shown);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, shown(value)]));
}

/** True if {@link printable} would change the text. */
export function isUnprintable(text: string): boolean {
  return printable(text) !== text;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
