/**
 * Makes a plugin that programs can load from a user's file: one JavaScript file with all that it imports.
 *
 * esbuild removes the types, since Node 20 does not, and bundles the imports, so that the digest covers all code that
 * runs. It checks no types.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPlainFile } from '@lyceum/learning/files';
import { PLUGIN_MAX_BYTES, readPlugin } from '@lyceum/learning/plugins';
import { makeFolder } from '@lyceum/platform';
import { InvalidDocumentError, type Problem, sha256Hex } from '@lyceum/proto';
import type { BuildFailure } from 'esbuild';

export interface InstalledPlugin {
  /** Absolute path, for `readPlugin`. */
  readonly file: string;
  /** Names of the plugin's terms and rules, in a line. */
  readonly summary: string;
}

/**
 * @param source - the user's file.
 * @param folder - where the plugin is written, under its digest.
 * @throws {InvalidDocumentError} naming all that is wrong with the file, with line and column.
 * @throws {LyceumError} INVALID_ARGUMENT if the source is no plain file or too long.
 */
export async function installPlugin(source: string, folder: string): Promise<InstalledPlugin> {
  // esbuild would read an endless file, such as a device, for ever. For a missing plugin.js esbuild finds plugin.ts.
  if (existsSync(source)) readPlainFile(source, PLUGIN_MAX_BYTES);
  const code = await bundled(path.resolve(source), source);
  const digest = sha256Hex(code);
  const file = path.resolve(folder, `${digest}.mjs`);
  await makeFolder(folder);
  await writeFile(file, code);
  const { plugin } = await readPlugin(file, source);
  const names = (methods: object = {}) => Object.keys(methods).join(', ') || 'none';
  const summary = `plugin ${source} (${digest.slice(0, 12)}): terms ${names(plugin.terms)}; rules ${names(plugin.rules)}`;
  return { file, summary };
}

async function bundled(file: string, source: string): Promise<Uint8Array> {
  // Loaded only here: without a plugin esbuild is not needed.
  const { build } = await import('esbuild');
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [file],
      absWorkingDir: path.dirname(file),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
    });
    refuseTensorflow(Object.keys(metafile.inputs), source);
    return outputFiles[0]?.contents ?? new Uint8Array();
  } catch (err) {
    if (!isBuildFailure(err)) throw err;
    throw new InvalidDocumentError(source, err.errors.map(problemOf));
  }
}

/** Refuses a bundled TensorFlow.js: a second copy does not know the tensors of the first. */
function refuseTensorflow(inputs: readonly string[], source: string): void {
  if (!inputs.some((input) => input.includes('node_modules/@tensorflow/'))) return;
  const message = 'imports TensorFlow.js; use the tf that a term is given, and import types alone';
  throw new InvalidDocumentError(source, [{ path: '', message }]);
}

function problemOf({ text, location }: BuildFailure['errors'][number]): Problem {
  if (location === null) return { path: '', message: text };
  return { path: `${location.file}:${location.line}:${location.column + 1}`, message: text };
}

function isBuildFailure(err: unknown): err is BuildFailure {
  return err instanceof Error && 'errors' in err && Array.isArray(err.errors);
}
