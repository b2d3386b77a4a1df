/** From files on disk to a model's package: tells the format and adds settings. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readFolderFile, utf8Text } from '@lyceum/learning/files';
import {
  describePackagedModel,
  encodeEndpointPackage,
  encodeModelPackage,
  encodeOnnxPackage,
  encodeSavedModelPackage,
  parsePackagedModel,
  readModelFolder,
  readOnnxModel,
  readSavedModelFolder,
} from '@lyceum/learning/formats';
import { agreedClasses, type ModelSettings, parsePartialSettings } from '@lyceum/learning/models';
import { parseEndpoint } from '@lyceum/learning/specification';
import {
  type ErrorCode,
  InvalidDocumentError,
  LyceumError,
  type Problem,
  SPECIFICATION_MAX_BYTES,
} from '@lyceum/proto';
import { foreignFormat } from './foreign-format.js';
import { labelsBeside } from './labels-beside.js';

export type GivenSettings = Partial<ModelSettings>;

/** A black-box endpoint described, as a teacher. */
const ENDPOINT_FILE = /\.(ya?ml|endpoint\.json)$/;

interface Format {
  /** It has no file of its own. */
  readonly isAsked?: true;
  /** @param members - names in the path, if it is a folder. */
  readonly liesAt: (path: string, members: readonly string[]) => boolean;
  /** Where settings may lie beside the model; undefined: nowhere. */
  readonly settingsFile: (path: string) => string | undefined;
  readonly read: (path: string, given: GivenSettings) => Buffer | Promise<Buffer>;
}

/** The first that lies at a path is read. */
const FORMATS: readonly Format[] = [
  {
    isAsked: true,
    liesAt: (path) => ENDPOINT_FILE.test(path),
    settingsFile: () => undefined,
    read: (path, given) => {
      const endpoint = parseEndpoint(readText(path, 'NOT_FOUND'), path);
      return encodeEndpointPackage({ endpoint, settings: { output: 'probabilities', ...given } });
    },
  },
  {
    liesAt: (path) => path.endsWith('.onnx'),
    settingsFile: (path) => path.replace(/\.onnx$/, '.settings.json'),
    read: (path, given) => encodeOnnxPackage(readOnnxModel(path, given)),
  },
  {
    liesAt: (_, members) => members.includes('saved_model.pb'),
    settingsFile: (path) => join(path, 'settings.json'),
    read: (path, given) => encodeSavedModelPackage(readSavedModelFolder(path, given)),
  },
  {
    // TensorFlow.js, layers and graphs.
    liesAt: () => true,
    settingsFile: (path) => join(path.endsWith('.json') ? dirname(path) : path, 'settings.json'),
    read: async (path, given) => encodeModelPackage(await readModelFolder(path, given)),
  },
];

/**
 * @param path - an `.onnx` file, a SavedModel's folder, a `model.json`, the folder that has one, or a `.yaml` that describes
 *   an endpoint.
 * @param settings - what the model does not say of itself; or the file of that, instead of the one beside the model.
 * @returns the package's bytes.
 * @throws {LyceumError} NOT_FOUND if a file is missing, INVALID_ARGUMENT naming what keeps the model from being used.
 */
export async function readModel(
  path: string,
  settings: string | GivenSettings | undefined,
): Promise<Buffer> {
  const given = typeof settings === 'object' ? settings : givenSettings(path, settings);
  const { read, isAsked } = formatAt(path);
  const bytes = await read(path, given);
  const beside = isAsked === true ? undefined : labelsBeside(path, membersOf(path));
  if (beside === undefined) return bytes;
  const { settings: own, classCount } = describePackagedModel(parsePackagedModel(bytes));
  const problems: Problem[] = [];
  const classes = agreedClasses(own.classes, [beside], classCount, problems);
  if (problems.length > 0) throw new InvalidDocumentError(path, problems);
  if (own.classes !== undefined || classes === undefined) return bytes;
  return read(path, { ...given, classes });
}

/**
 * What the user says of a model: in the file that is named, else in the one beside the model.
 *
 * @throws as {@link readModel}.
 */
export function givenSettings(path: string, settingsFile: string | undefined): GivenSettings {
  const beside = formatAt(path).settingsFile(path);
  if (settingsFile !== undefined) return readSettings(settingsFile);
  if (beside === undefined || !existsSync(beside)) return {};
  const written = readFolderFile(dirname(beside), basename(beside), SPECIFICATION_MAX_BYTES);
  return parsePartialSettings(utf8Text(written, beside), beside);
}

/** @throws {LyceumError} INVALID_ARGUMENT, with what to do, if it is a file of another program. */
function formatAt(path: string): Format {
  const members = membersOf(path);
  const foreign = foreignFormat(path, members);
  if (foreign !== undefined) throw new LyceumError('INVALID_ARGUMENT', `${path} ${foreign}`);
  return FORMATS.find(({ liesAt }) => liesAt(path, members)) as Format;
}

/** Names in a folder; none of anything else. */
function membersOf(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(path) : [];
}

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with the file. */
export function readSettings(file: string): GivenSettings {
  return parsePartialSettings(readText(file, 'INVALID_ARGUMENT'), file);
}

function readText(file: string, code: ErrorCode): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (err) {
    const message = `${file} cannot be read: ${err instanceof Error ? err.message : String(err)}`;
    throw new LyceumError(code, message, { cause: err });
  }
  return utf8Text(bytes, file);
}
