/** A specification from a file or standard input, with the command line's changes, checked offline. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { utf8Text } from '@lyceum/learning/files';
import { inlineSettingsProblems } from '@lyceum/learning/models';
import {
  checkRunSpecification,
  parseRunSpecification,
  type RunSpecification,
} from '@lyceum/learning/specification';
import { fileTrouble } from '@lyceum/platform';
import { InvalidDocumentError, SPECIFICATION_MAX_BYTES } from '@lyceum/proto';
import { readYaml } from './read-yaml.js';
import { applySetting, type Setting } from './set-option.js';

export interface SpecificationFile {
  /** What to submit: the file's text, or JSON where settings changed it. */
  readonly text: string;
  /** Checked as far as it can be without a cluster. */
  readonly specification: RunSpecification;
}

/**
 * @param file - a path, or `-` for standard input.
 * @throws {InvalidDocumentError} if it cannot be read, is too long, is not YAML, or is no specification.
 * @throws {LyceumError} INVALID_ARGUMENT if it is not UTF-8.
 */
export async function readSpecificationFile(
  file: string,
  settings: readonly Setting[],
  stdin: Readable,
): Promise<SpecificationFile> {
  const read = await readChecked(file, settings, stdin);
  const problems = inlineSettingsProblems(read.specification);
  if (problems.length > 0) throw new InvalidDocumentError(sourceName(file), problems);
  return read;
}

async function readChecked(
  file: string,
  settings: readonly Setting[],
  stdin: Readable,
): Promise<SpecificationFile> {
  if (settings.length === 0) {
    const text = await readDocumentText(file, stdin);
    return { text, specification: parseRunSpecification(text, sourceName(file)) };
  }
  const document = await readSpecificationDocument(file, settings, stdin);
  return {
    text: JSON.stringify(document),
    specification: checkRunSpecification(document, `${sourceName(file)} with --set`),
  };
}

/**
 * The document with the settings applied; not yet checked to be a specification.
 *
 * @throws {InvalidDocumentError} if it cannot be read, is too long or not YAML.
 */
export async function readSpecificationDocument(
  file: string,
  settings: readonly Setting[],
  stdin: Readable,
): Promise<unknown> {
  const document = parseYamlOf(await readDocumentText(file, stdin), sourceName(file));
  for (const setting of settings) applySetting(document, setting);
  return document;
}

/** The source's name in errors. */
export function sourceName(file: string): string {
  if (file === '') return '""';
  return file === '-' ? 'standard input' : file;
}

/**
 * @param source - its name in errors.
 * @throws {InvalidDocumentError} if it cannot be read or is too long.
 * @throws {LyceumError} INVALID_ARGUMENT if it is not UTF-8.
 */
export async function readDocumentText(
  file: string,
  stdin: Readable,
  source = sourceName(file),
): Promise<string> {
  const stream = file === '-' ? stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let byteCount = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array);
      byteCount += bytes.length;
      if (byteCount > SPECIFICATION_MAX_BYTES) {
        stream.destroy();
        throw unusable(
          source,
          `is longer than ${SPECIFICATION_MAX_BYTES} bytes, the most that are read`,
        );
      }
      chunks.push(bytes);
    }
  } catch (err) {
    if (err instanceof InvalidDocumentError) throw err;
    const why = fileTrouble(file, err) ?? (err instanceof Error ? err.message : String(err));
    throw unusable(source, `cannot be read: ${why}`);
  }
  return utf8Text(Buffer.concat(chunks), source);
}

function parseYamlOf(text: string, source: string): unknown {
  const read = readYaml(text);
  if ('problem' in read) throw new InvalidDocumentError(source, [read.problem]);
  return read.value;
}

function unusable(source: string, message: string): InvalidDocumentError {
  return new InvalidDocumentError(source, [{ path: '', message }]);
}
