/** Reads a SavedModel's folder. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LyceumError, MODEL_MAX_BYTES } from '@lyceum/proto';
import type { ModelSettings } from '../model-settings.js';
import {
  isSavedModelMember,
  type SavedModelPackage,
  savedModelPackageOf,
} from './saved-model-package.js';

/**
 * @param given - settings that the file does not tell.
 * @throws {LyceumError} INVALID_ARGUMENT if it is too large.
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function readSavedModelFolder(
  folder: string,
  given: Partial<ModelSettings>,
): SavedModelPackage {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const name of memberNames(folder)) {
    total += statSync(join(folder, name)).size;
    if (total > MODEL_MAX_BYTES) {
      const message = `${folder}: has ${total} bytes or more; at most ${MODEL_MAX_BYTES} are read`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    files.set(name, readFileSync(join(folder, name)));
  }
  return savedModelPackageOf(files, given, folder);
}

/** Files that inference needs, by name. */
function memberNames(folder: string): string[] {
  const within = (part: string) =>
    existsSync(join(folder, part))
      ? readdirSync(join(folder, part)).map((name) => (part === '' ? name : `${part}/${name}`))
      : [];
  return ['', 'variables', 'assets'].flatMap(within).filter(isSavedModelMember).sort();
}
