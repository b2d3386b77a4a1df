/** A specification from a file or standard input, with the command line's changes, checked offline. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  checkRunSpecification,
  InvalidDocumentError,
  parseRunSpecification,
  type RunSpecification,
  SPECIFICATION_MAX_BYTES,
} from '@lyceum/proto';
import { parse as parseYaml } from 'yaml';
import { applySetting, type Setting } from './set-option.js';

export interface SpecificationFile {
  /** What to submit: the file's text, or JSON where settings changed it. */
  readonly text: string;
  /** Checked as far as it can be without a cluster. */
  readonly specification: RunSpecification;
}

/**
 * @param file - a path, or `-` for standard input.
 * @throws {InvalidDocumentError} if it cannot be read, is too long, not YAML, or no specification.
 */
export async function readSpecificationFile(
  file: string,
  settings: readonly Setting[],
  stdin: Readable,
): Promise<SpecificationFile> {
  const source = file === '-' ? 'standard input' : file;
  const text = await readText(file === '-' ? stdin : createReadStream(file), source);
  if (settings.length === 0) return { text, specification: parseRunSpecification(text, source) };

  const document: unknown = parseYamlOf(text, source);
  for (const setting of settings) applySetting(document, setting);
  return {
    text: JSON.stringify(document),
    specification: checkRunSpecification(document, `${source} with --set`),
  };
}

async function readText(stream: Readable, source: string): Promise<string> {
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
    throw unusable(source, `cannot be read: ${err instanceof Error ? err.message : String(err)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseYamlOf(text: string, source: string): unknown {
  try {
    return parseYaml(text);
  } catch (err) {
    throw unusable(source, `is not YAML: ${err instanceof Error ? err.message : String(err)}`);
  }
}

function unusable(source: string, message: string): InvalidDocumentError {
  return new InvalidDocumentError(source, [{ path: '', message }]);
}
