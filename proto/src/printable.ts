/**
 * Text from elsewhere on its way to a terminal: names, reasons, classes, errors, logs. Control characters would move its
 * cursor, rewrite lines or change its title; marks of direction would turn other letters round. Both are shown as escapes.
 */

/** C0, DEL, C1; what turns the direction of writing; line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Lines of text: line ends and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (c) => (c === '\n' || c === '\t' ? c : escaped(c)));
}

/** JSON text that parses to the same value: unprintable letters lie inside its strings, and become `\u` escapes. */
export function printableJson(json: string): string {
  return json.replaceAll(UNPRINTABLE, (c) => (c === '\n' || c === '\t' ? c : unicodeEscape(c)));
}

/** Plain data with {@link printable} texts, for pages: they obey marks of direction as terminals do. */
export function printableTexts<T>(data: T): T {
  return shown(data) as T;
}

function shown(data: unknown): unknown {
  if (typeof data === 'string') return printable(data);
  if (Array.isArray(data)) return data.map(shown);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, shown(value)]));
}

/** True if {@link printable} would change it. */
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
