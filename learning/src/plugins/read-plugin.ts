/** From a plugin's file, in JavaScript and complete in itself, to what it exports. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { InvalidDocumentError, sha256Hex } from '@lyceum/proto';
import { type Plugin, pluginProblems } from './plugin.js';
import type { LoadedPlugin } from './registry.js';

/**
 * @param source - what to call it in an error.
 * @throws {InvalidDocumentError} naming everything that is wrong with it.
 */
export async function readPlugin(file: string, source = file): Promise<LoadedPlugin> {
  const digest = sha256Hex(await readFile(file));
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(file).href)) as { readonly default?: unknown }).default;
  } catch (err) {
    const message = `cannot be run: ${err instanceof Error ? err.message : String(err)}`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  const problems = pluginProblems(exported);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return { digest, plugin: exported as Plugin };
}
