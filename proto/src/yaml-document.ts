/**
 * YAML (JSON is YAML) that people write, as a value. Merge keys (`<<`) are taken, since tools that write YAML use them.
 */
import { parse, parseAllDocuments } from 'yaml';
import type { Problem } from './errors.js';

/** Aliases are a few words saved; many are there to grow beyond bounds. */
const OPTIONS = { logLevel: 'error', merge: true, maxAliasCount: 64 } as const;

/** @returns the value, or what is wrong with the text. */
export function parseYamlDocument(
  text: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return { value: parse(text, OPTIONS) };
  } catch (err) {
    return { problem: { path: '', message: several(text) ?? notYaml(err) } };
  }
}

/** Where a text has several documents, that is what is wrong with it. */
function several(text: string): string | undefined {
  const documents = parseAllDocuments(text, { logLevel: 'error' });
  if (!Array.isArray(documents) || documents.length < 2) return undefined;
  return `holds ${documents.length} documents, divided by lines of ---; want one: put each into a file of its own`;
}

function notYaml(err: unknown): string {
  return `is not YAML: ${err instanceof Error ? err.message : String(err)}`;
}
