/**
 * A TensorFlow SavedModel as one file: a zip of what TensorFlow reads of its folder, and of `settings.json`.
 *
 * A SavedModel is a program. Operations that reach beyond numbers are refused here, by name; that is a guard against
 * mistakes, and no sandbox.
 */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import type { GraphClassifier } from '../graphs/graph-classifier.js';
import {
  completeSettings,
  describeGraph,
  type GraphDescription,
  requireClassifier,
} from '../graphs/graph-description.js';
import { TENSORFLOW } from '../graphs/tensorflow-format.js';
import { type ModelSettings, settingsJson } from '../model-settings.js';
import { writeZip } from '../zip.js';
import { readSavedModel, type SavedModelOutline } from './saved-model-file.js';

export interface SavedModelPackage {
  /** By their paths in the SavedModel's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly settings: ModelSettings;
}

export const SAVED_MODEL_MEMBER = 'saved_model.pb';

/** What belongs to a SavedModel; nothing else may be written where it is loaded from. */
const MEMBER =
  /^(saved_model\.pb|variables\/variables\.(index|data-\d{5}-of-\d{5})|assets\/[\w-][\w.-]*)$/;

/** Files, Python, tables of words. */
const REFUSED_OPERATIONS =
  /^(ReadFile|WriteFile|MatchingFiles|.*PyFunc.*|.*Reader(V2)?|.*FilePattern.*|InitializeTableFromTextFile.*|.*HashTable.*)$/;

/** Whether a SavedModel has such a file that inference needs. */
export function isSavedModelMember(name: string): boolean {
  return MEMBER.test(name);
}

/**
 * @param given - settings that the file does not tell.
 * @throws {InvalidDocumentError} naming all that keeps it from being asked as a classifier.
 */
export function savedModelPackageOf(
  files: ReadonlyMap<string, Uint8Array>,
  given: Partial<ModelSettings>,
  source: string,
): SavedModelPackage {
  const problems: Problem[] = [...files.keys()]
    .filter((name) => !isSavedModelMember(name))
    .map((path) => ({ path, message: 'does not belong to a SavedModel' }));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  const outline = outlineOf({ files }, source);
  const refused = [...outline.operations].filter((name) => REFUSED_OPERATIONS.test(name));
  if (refused.length > 0) {
    const message = `has operations that are not run here, since they reach beyond numbers: ${refused.sort().join(', ')}; export the model without them`;
    throw new InvalidDocumentError(source, [{ path: 'graph', message }]);
  }
  const classifier = requireClassifier(outline, TENSORFLOW, given, source);
  return { files, settings: completeSettings(classifier, outline, source) };
}

export function encodeSavedModelPackage({ files, settings }: SavedModelPackage): Buffer {
  return writeZip(new Map([...files, ['settings.json', Buffer.from(settingsJson(settings))]]));
}

/** How it is asked; of a package that was read. @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function savedModelClassifier(
  model: SavedModelPackage,
): GraphClassifier & Pick<SavedModelOutline, 'tensorOf'> {
  const outline = outlineOf(model, SAVED_MODEL_MEMBER);
  const { tensorOf } = outline;
  return {
    ...requireClassifier(outline, TENSORFLOW, model.settings, SAVED_MODEL_MEMBER),
    tensorOf,
  };
}

/** @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function describeSavedModel(model: SavedModelPackage): GraphDescription {
  const outline = outlineOf(model, SAVED_MODEL_MEMBER);
  return describeGraph(outline, outline, savedModelClassifier(model), model.settings);
}

function outlineOf({ files }: Pick<SavedModelPackage, 'files'>, source: string): SavedModelOutline {
  return readSavedModel(files.get(SAVED_MODEL_MEMBER) ?? new Uint8Array(), source);
}
