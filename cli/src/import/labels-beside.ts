/** Reads the names of a model's classes from a file beside the model, as exporters of other programs write it. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { utf8Text } from '@lyceum/learning/files';
import { type ClassLabels, labelsInMetadata, namesInText } from '@lyceum/learning/models';

/** Files with one name a line, or JSON. */
const NAME_FILES = ['labels.txt', 'labels.json', 'classes.txt', 'classes.json'];

/** JSON files with names among other entries: Hugging Face's, and Teachable Machine's. */
const METADATA_FILES = ['config.json', 'metadata.json'];

/** The names of ImageNet-21k take 600 kB. */
const MAX_BYTES = 4 * 2 ** 20;

/**
 * @param path - of a model's file or folder.
 * @param members - names in the path, if it is a folder.
 */
export function labelsBeside(path: string, members: readonly string[]): ClassLabels | undefined {
  const isFolder = members.length > 0;
  const folder = isFolder ? path : dirname(path);
  const name = basename(path).replace(/\.\w+$/, '');
  const own = isFolder ? [] : [`${name}.labels.txt`, `${name}.labels.json`];
  // In a folder with several models nobody knows which model such a file belongs to.
  const shared = isFolder || holdsOneModel(folder) ? [...NAME_FILES, 'assets/labels.txt'] : [];
  for (const file of [...own, ...shared]) {
    const names = namesInText(readSmall(join(folder, file)) ?? '');
    if (names !== undefined) return { names, source: file };
  }
  for (const file of shared.length > 0 ? METADATA_FILES : []) {
    const found = labelsInMetadata(entriesOf(readSmall(join(folder, file)) ?? ''), `${file}, `);
    if (found !== undefined) return found;
  }
  return undefined;
}

function holdsOneModel(folder: string): boolean {
  return readdirSync(folder).filter((name) => /\.onnx$|^model\.json$/.test(name)).length === 1;
}

/** Text of a plain file; undefined: no file, or too large. @throws {LyceumError} INVALID_ARGUMENT if not UTF-8. */
function readSmall(file: string): string | undefined {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() && found.size <= MAX_BYTES
    ? utf8Text(readFileSync(file), file)
    : undefined;
}

function entriesOf(json: string): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(json) as object);
  } catch {
    return [];
  }
}
