/**
 * YAML (JSON is YAML) that people write, as a value. Merge keys (`<<`) are allowed, since tools that write YAML use
 * them.
 */
import type { Problem } from '@lyceum/proto';
import { parse, parseAllDocuments } from 'yaml';

/** People use a few aliases to save words. Many aliases are an attack: they can grow without bounds. */
const OPTIONS = { logLevel: 'error', merge: true, maxAliasCount: 64 } as const;

/**
 * Greatest depth of lists in lists, by brackets or by indentation. The parser recurses, and a full stack ends the
 * process.
 */
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

/** The line where a text is too deep, found before it is parsed. Anything that looks nested counts as nested. */
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

/** Matches `- a`, `? a` and `: a`: the rest of the line is inside a list or map. */
const MARKER = /[-?:](?:[ \t]+|$)/y;
const SPACE = /[ \t]*/y;
const KEY = /:(?:[ \t]|$)/;

/** The open lists and maps, each at its column. One ends at a line that begins further left. */
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

  /** A list inside a map may begin at the map's own column. */
  #enter(column: number, isMap: boolean): void {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      const holds = last.column < column || (last.column === column && last.isMap && !isMap);
      if (holds) break;
      this.#open.pop();
    }
    this.#open.push({ column, isMap });
  }
}

/** Where a match of the pattern at `from` ends; `from` itself if there is none. */
function matchEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** The problem of a text with several documents; undefined: it has one. */
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
