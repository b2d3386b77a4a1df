/** Reads a SavedModel's folder. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LyceumError, MODEL_MAX_BYTES } from '@lyceum/proto';
import { readFolderFile } from '../../files/index.js';
import type { ModelSettings } from '../../models/index.js';
import {
  isSavedModelMember,
  type SavedModelPackage,
  savedModelPackageOf,
} from './saved-model-package.js';

/**
 * @param given - settings that the file does not tell.
 * @throws {LyceumError} INVALID_ARGUMENT if it is too large, or one of its files leads out of the folder.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readSavedModelFolder(
  folder: string,
  given: Partial<ModelSettings>,
): SavedModelPackage {
  const files = new Map<string, Uint8Array>();
  let left = MODEL_MAX_BYTES;
  for (const name of memberNames(folder)) {
    const bytes = readFolderFile(folder, name, MODEL_MAX_BYTES);
    left -= bytes.length;
    if (left < 0) {
      const message = `${folder}: has more than ${MODEL_MAX_BYTES} bytes, which are the most that are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    files.set(name, bytes);
  }
  return savedModelPackageOf(files, given, folder);
}

/** Files that inference may need, by name. */
function memberNames(folder: string): string[] {
  const within = (part: string) =>
    existsSync(join(folder, part))
      ? readdirSync(join(folder, part)).map((name) => (part === '' ? name : `${part}/${name}`))
      : [];
  return ['', 'variables', 'assets'].flatMap(within).filter(isSavedModelMember).sort();
}
