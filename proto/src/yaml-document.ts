/**
 * YAML (JSON is YAML) that people write, as a value. Merge keys (`<<`) are taken, since tools that write YAML use them.
 */
import { parse, parseAllDocuments } from 'yaml';
import type { Problem } from './errors.js';

/** Aliases are a few words saved; many are there to grow beyond bounds. */
const OPTIONS = { logLevel: 'error', merge: true, maxAliasCount: 64 } as const;

/** Lists in lists. The reader goes into them by recursion, and a regular expression at the end of the stack ends the process. */
const MAX_DEPTH = 100;

/** @returns the value, or what is wrong with the text. */
export function parseYamlDocument(
  text: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  if (isTooDeep(text)) {
    return { problem: { path: '', message: `has lists or maps more than ${MAX_DEPTH} deep` } };
  }
  try {
    return { value: parse(text, OPTIONS) };
  } catch (err) {
    return { problem: { path: '', message: several(text) ?? notYaml(err) } };
  }
}

/** Told before it is read; brackets in texts are taken for brackets. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const sign of text) {
    if (sign === '[' || sign === '{') depth++;
    else if ((sign === ']' || sign === '}') && depth > 0) depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return ITEMS_IN_ITEMS.test(text);
}

/** `- - - a`: each a list in the one before. */
const ITEMS_IN_ITEMS = new RegExp(`^ *(?:[-?] +){${MAX_DEPTH}}`, 'm');

/** Where a text has several documents, that is what is wrong with it. */
function several(text: string): string | undefined {
  const documents = parseAllDocuments(text, { logLevel: 'error' });
  if (!Array.isArray(documents) || documents.length < 2) return undefined;
  return `holds ${documents.length} documents, divided by lines of ---; want one: put each into a file of its own`;
}

function notYaml(err: unknown): string {
  return `is not YAML: ${err instanceof Error ? err.message : String(err)}`;
}
