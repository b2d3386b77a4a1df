/**
 * A TensorFlow SavedModel as one file: a zip of the files that TensorFlow reads of its folder, and of `settings.json`.
 *
 * A SavedModel is a program that TensorFlow runs with the process's own rights. So only operations on a list are let
 * in, and the graph that is loaded is written anew from what was checked ({@link checkedPackage}, for every
 * package that is read: at push, by the coordinator that gets it, and by the worker that loads it).
 */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import { writeZip } from '../../files/index.js';
import {
  type ModelSettings,
  type PackageMembers,
  packedSettings,
  settingsJson,
} from '../../models/index.js';
import {
  completeSettings,
  describeGraph,
  describeTable,
  type GraphClassifier,
  type GraphDescription,
  readsColumns,
  requireClassifier,
  requirePackedClassifier,
  requireTableClassifier,
  SAVED_MODEL,
  type TableClassifier,
} from '../graphs/index.js';
import { checkSavedModel, type SavedModelOutline } from './saved-model-file.js';

export interface SavedModelPackage {
  /** Files by their paths in the SavedModel's folder: the checked graph, and the variables. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly settings: ModelSettings;
}

export const SAVED_MODEL_MEMBER = 'saved_model.pb';

/** Names of files that belong to a SavedModel; no other may be written to the folder that it is loaded from. */
const MEMBER =
  /^(saved_model\.pb|variables\/variables\.(index|data-\d{5}-of-\d{5})|assets\/[\w-][\w.-]*)$/;

/** Whether a file of this name belongs to a SavedModel and inference needs it. */
export function isSavedModelMember(name: string): boolean {
  return MEMBER.test(name);
}

/** Files of words, which become constants of the checked graph. */
const ASSET = /^assets\//;

/**
 * The package as it is kept and loaded: with a graph of the operations that inference needs, all of which are allowed.
 *
 * @param files - as they were given; they are not trusted.
 * @param given - settings that the file does not tell.
 * @throws {InvalidDocumentError} naming all reasons why it cannot be asked as a classifier.
 */
export function savedModelPackageOf(
  files: ReadonlyMap<string, Uint8Array>,
  given: Partial<ModelSettings>,
  source: string,
): SavedModelPackage {
  return checkedPackage(files, source, (outline) => {
    const require = readsColumns(outline, given) ? requireTableClassifier : requireClassifier;
    return completeSettings(require(outline, SAVED_MODEL, given, source), outline, source);
  });
}

/** @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function parseSavedModelPackage(members: PackageMembers, source: string): SavedModelPackage {
  const settings = packedSettings(members, source);
  const files = new Map(members);
  files.delete('settings.json');
  return checkedPackage(files, source, (outline) => {
    const require = readsColumns(outline, settings)
      ? requireTableClassifier
      : requirePackedClassifier;
    completeSettings(require(outline, SAVED_MODEL, settings, source), outline, source);
    return settings;
  });
}

/** @param settingsOf - checks that the model can be asked. */
function checkedPackage(
  files: ReadonlyMap<string, Uint8Array>,
  source: string,
  settingsOf: (outline: SavedModelOutline) => ModelSettings,
): SavedModelPackage {
  const problems: Problem[] = [...files.keys()]
    .filter((name) => !isSavedModelMember(name))
    .map((path) => ({ path, message: 'does not belong to a SavedModel' }));
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  const { outline, bytes } = checkSavedModel(graphOf(files), source, files);
  const settings = settingsOf(outline);
  const kept = [...files].filter(([name]) => !ASSET.test(name));
  return { files: new Map([...kept, [SAVED_MODEL_MEMBER, bytes]]), settings };
}

export function encodeSavedModelPackage({ files, settings }: SavedModelPackage): Buffer {
  return writeZip(new Map([...files, ['settings.json', Buffer.from(settingsJson(settings))]]));
}

/** The format of a package: whether it is given a set's numbers or the cells of its table. */
export function savedModelFormatName(
  model: SavedModelPackage,
): 'saved-model' | 'saved-model-table' {
  const outline = outlineOf(model);
  return readsColumns(outline, model.settings) ? 'saved-model-table' : 'saved-model';
}

/** How the model of a checked package is asked. @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function savedModelClassifier(
  model: SavedModelPackage,
): GraphClassifier & Pick<SavedModelOutline, 'tensorOf'> {
  const outline = outlineOf(model);
  const { tensorOf } = outline;
  return {
    ...requirePackedClassifier(outline, SAVED_MODEL, model.settings, SAVED_MODEL_MEMBER),
    tensorOf,
  };
}

/** As {@link savedModelClassifier}, for a model that is given cells. */
export function savedModelTableClassifier(
  model: SavedModelPackage,
): TableClassifier & Pick<SavedModelOutline, 'tensorOf'> {
  const outline = outlineOf(model);
  const { tensorOf } = outline;
  return {
    ...requireTableClassifier(outline, SAVED_MODEL, model.settings, SAVED_MODEL_MEMBER),
    tensorOf,
  };
}

/** @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function describeSavedModel(model: SavedModelPackage): GraphDescription {
  const outline = outlineOf(model);
  const { settings } = model;
  const classifier = requirePackedClassifier(outline, SAVED_MODEL, settings, SAVED_MODEL_MEMBER);
  return describeGraph(outline, outline, classifier, settings);
}

/** @throws {InvalidDocumentError} as {@link savedModelPackageOf}. */
export function describeSavedModelTable(model: SavedModelPackage): GraphDescription {
  const outline = outlineOf(model);
  const { settings } = model;
  const classifier = requireTableClassifier(outline, SAVED_MODEL, settings, SAVED_MODEL_MEMBER);
  return describeTable(outline, outline, classifier, settings);
}

function outlineOf({ files }: SavedModelPackage): SavedModelOutline {
  return checkSavedModel(graphOf(files), SAVED_MODEL_MEMBER).outline;
}

function graphOf(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return files.get(SAVED_MODEL_MEMBER) ?? new Uint8Array();
}
