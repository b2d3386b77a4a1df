/**
 * YAML (JSON is YAML) that people write, as a value. Merge keys (`<<`) are taken, since tools that write YAML use them.
 */
import type { Problem } from '@lyceum/proto';
import { parse, parseAllDocuments } from 'yaml';

/** Aliases are a few words saved; many are there to grow beyond bounds. */
const OPTIONS = { logLevel: 'error', merge: true, maxAliasCount: 64 } as const;

/** Lists in lists, by brackets or by indentation. The reader goes into them by recursion, and the stack's end ends the process. */
const MAX_DEPTH = 100;

/** @returns the value, or what is wrong with the text. */
export function parseYamlDocument(
  text: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  const line = tooDeepLine(text);
  if (line !== undefined) {
    const message = `has lists or maps more than ${MAX_DEPTH} deep in line ${line}`;
    return { problem: { path: '', message } };
  }
  try {
    return { value: parse(text, OPTIONS) };
  } catch (err) {
    return { problem: { path: '', message: several(text) ?? notYaml(err) } };
  }
}

/** Told before it is read. What looks nested in a text is taken for nested. */
function tooDeepLine(text: string): number | undefined {
  const brackets = new Brackets();
  const indents = new Indents();
  const lines = text.split(/\r\n|\r|\n/);
  const found = lines.findIndex((line) => brackets.isTooDeep(line) || indents.isTooDeep(line));
  return found < 0 ? undefined : found + 1;
}

class Brackets {
  #depth = 0;

  isTooDeep(line: string): boolean {
    for (const sign of line) {
      if (sign === '[' || sign === '{') this.#depth++;
      else if ((sign === ']' || sign === '}') && this.#depth > 0) this.#depth--;
      if (this.#depth > MAX_DEPTH) return true;
    }
    return false;
  }
}

/** `- a`, `? a` and `: a`: what follows is within a list or map. */
const MARKER = /[-?:](?:[ \t]+|$)/y;
const SPACE = /[ \t]*/y;
const KEY = /:(?:[ \t]|$)/;

/** Lists and maps that are open, each at its column: one ends where a line begins further left. */
class Indents {
  readonly #open: { readonly column: number; readonly isMap: boolean }[] = [];

  isTooDeep(line: string): boolean {
    let column = matchEnd(SPACE, line, 0);
    if (column === line.length || line[column] === '#') return false;
    for (let end = matchEnd(MARKER, line, column); end > column; ) {
      this.#enter(column, line[column] !== '-');
      if (this.#open.length > MAX_DEPTH) return true;
      column = end;
      end = matchEnd(MARKER, line, column);
    }
    if (KEY.test(line.slice(column))) this.#enter(column, true);
    return this.#open.length > MAX_DEPTH;
  }

  /** A list may stand in a map at the map's own column. */
  #enter(column: number, isMap: boolean): void {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      const holds = last.column < column || (last.column === column && last.isMap && !isMap);
      if (holds) break;
      this.#open.pop();
    }
    this.#open.push({ column, isMap });
  }
}

/** Where what is matched from there on ends; there, if nothing is. */
function matchEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** Where a text has several documents, that is what is wrong with it. */
function several(text: string): string | undefined {
  const documents = parseAllDocuments(text, { logLevel: 'error' });
  if (!Array.isArray(documents) || documents.length < 2) return undefined;
  return `holds ${documents.length} documents, divided by lines of ---; want one: put each into a file of its own`;
}

function notYaml(err: unknown): string {
  const message = err instanceof Error ? err.message.trimEnd() : String(err);
  if (!message.startsWith('Excessive alias count')) return `is not YAML: ${message}`;
  return `grows by its aliases (*NAME): at most ${OPTIONS.maxAliasCount} are followed; write out what they stand for`;
}
