/** Makes a model's package from files on disk: finds the format, and adds settings and names of classes. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readFolderFile, readTextFile, utf8Text } from '@lyceum/learning/files';
import { describePackagedModel, formatAt, parsePackagedModel } from '@lyceum/learning/formats';
import { agreedClasses, type ModelSettings, parsePartialSettings } from '@lyceum/learning/models';
import {
  InvalidDocumentError,
  LyceumError,
  type Problem,
  SPECIFICATION_MAX_BYTES,
} from '@lyceum/proto';
import { foreignFormat } from './foreign-format.js';
import { labelsBeside } from './labels-beside.js';
import { picturesBeside } from './pictures-beside.js';

export type GivenSettings = Partial<ModelSettings>;

/**
 * @param path - an `.onnx` file, a SavedModel's folder, a `model.json` or its folder, or a `.yaml` of an endpoint.
 * @param settings - settings that the model's own files do not have; or a file of settings, in place of the one beside
 *   the model.
 * @returns the package's bytes.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT naming what keeps the model from being used.
 */
export async function readModel(
  path: string,
  settings: string | GivenSettings | undefined,
): Promise<Buffer> {
  const said = typeof settings === 'object' ? settings : givenSettings(path, settings);
  return packModel(path, { ...picturesBeside(path, said), ...said });
}

/** As {@link readModel}, with these settings alone. */
export async function packModel(path: string, given: GivenSettings): Promise<Buffer> {
  const { onDisk, isRemote } = formatOf(path);
  const bytes = await onDisk.pack(path, given);
  const beside = isRemote === true ? undefined : labelsBeside(path, membersOf(path));
  if (beside === undefined) return bytes;
  const { settings: own, classCount } = describePackagedModel(parsePackagedModel(bytes));
  const problems: Problem[] = [];
  const classes = agreedClasses(own.classes, [beside], classCount, problems);
  if (problems.length > 0) throw new InvalidDocumentError(path, problems);
  if (own.classes !== undefined || classes === undefined) return bytes;
  return onDisk.pack(path, { ...given, classes });
}

/**
 * The user's settings of a model: from the named file, else from the one beside the model.
 *
 * @throws as {@link readModel}.
 */
export function givenSettings(path: string, settingsFile: string | undefined): GivenSettings {
  const beside = formatOf(path).onDisk.settingsFile?.(path);
  if (settingsFile !== undefined) return readSettings(settingsFile);
  if (beside === undefined || !existsSync(beside)) return {};
  const written = readFolderFile(dirname(beside), basename(beside), SPECIFICATION_MAX_BYTES);
  return parsePartialSettings(utf8Text(written, beside), beside);
}

/** @throws {LyceumError} INVALID_ARGUMENT, with what to do, if the file is of another program. */
function formatOf(path: string): ReturnType<typeof formatAt> {
  const members = membersOf(path);
  const foreign = foreignFormat(path, members);
  if (foreign !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${path} ${foreign}`);
  return formatAt(path, members);
}

/** Names in a folder; an empty list if the path is no folder. */
function membersOf(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(path) : [];
}

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with the file. */
export function readSettings(file: string): GivenSettings {
  return parsePartialSettings(readTextFile(file, 'INVALID_ARGUMENT'), file);
}
