/** Reads a plugin's file (JavaScript with everything that it imports bundled), and checks what it exports. */
import { pathToFileURL } from 'node:url';
import { InvalidDocumentError, sha256Hex } from '@lyceum/proto';
import { readPlainFile } from '../files/index.js';
import { type Plugin, pluginProblems } from './plugin.js';
import type { LoadedPlugin } from './registry.js';

/** Greatest size of a plugin's file, and of the plugin bundled with all that it imports. */
export const PLUGIN_MAX_BYTES = 64 * 1024 ** 2;

/**
 * @param source - the file's name in errors.
 * @throws {InvalidDocumentError} naming everything that is wrong with the plugin.
 * @throws {LyceumError} as {@link readPlainFile}.
 */
export async function readPlugin(file: string, source = file): Promise<LoadedPlugin> {
  const digest = sha256Hex(readPlainFile(file, PLUGIN_MAX_BYTES, source));
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
