/**
 * From a user's file to a plugin that programs can load: one file in JavaScript that holds all it needs.
 *
 * esbuild takes the types away, since Node 20 does not, and puts what the file imports into it, so that the digest is
 * of everything that runs. It checks no types.
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
  /** Absolute; for `readPlugin`. */
  readonly file: string;
  /** What it has, in a line. */
  readonly summary: string;
}

/**
 * @param source - the user's file.
 * @param folder - where the plugin is written, under its digest.
 * @throws {InvalidDocumentError} naming everything that is wrong with it, with line and column.
 * @throws {LyceumError} INVALID_ARGUMENT if it is no plain file or too long.
 */
export async function installPlugin(source: string, folder: string): Promise<InstalledPlugin> {
  // Whatever has no end is read to its end by esbuild, which finds plugin.ts by the name plugin.js too.
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
  // Loaded late: without a plugin it is not needed.
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

/** A second TensorFlow.js does not know the tensors of the first. */
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
