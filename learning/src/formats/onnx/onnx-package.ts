/** An ONNX model as one file: a zip of `model.onnx`, its weights inside, and `settings.json`, which are complete. */
import { InvalidDocumentError } from '@lyceum/proto';
import { writeZip } from '../../files/index.js';
import {
  type ModelSettings,
  type PackageMembers,
  packedMember,
  packedSettings,
  settingsJson,
} from '../../models/index.js';
import {
  completeSettings,
  describeGraph,
  type GraphClassifier,
  type GraphDescription,
  readsColumns,
  requireClassifier,
  requirePackedClassifier,
  requireTableClassifier,
} from '../graphs/index.js';
import { withBinaryTrees } from './binary-trees.js';
import { damagedOnnx, type OnnxOutline, readOnnx } from './onnx-file.js';
import { ONNX } from './onnx-format.js';
import { withoutZipMaps } from './zip-maps.js';

export interface OnnxPackage {
  /** The `.onnx` file's bytes. */
  readonly file: Uint8Array;
  readonly settings: ModelSettings;
}

export const ONNX_MEMBER = 'model.onnx';

export function encodeOnnxPackage({ file, settings }: OnnxPackage): Buffer {
  return writeZip(
    new Map([
      [ONNX_MEMBER, file],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]),
  );
}

/**
 * The package of a file, with the settings that the file itself tells added. Maps at its end become the tensors that
 * they are made of, and trees of two classes give the probabilities of both.
 *
 * @throws {InvalidDocumentError} naming all reasons why it cannot be asked as a classifier.
 */
export function onnxPackageOf(
  file: Uint8Array,
  given: Partial<ModelSettings>,
  source = ONNX_MEMBER,
): OnnxPackage {
  const said = outlineOf(file, source);
  const kept = asTensors(file, source);
  const outline = kept === file ? said : outlineOf(kept, source);
  const require = readsColumns(outline, given) ? requireTableClassifier : requireClassifier;
  const classifier = require(outline, ONNX, given, source);
  // The classes were read before a ZipMap was taken away, which may have been the only part that named them.
  return { file: kept, settings: completeSettings(classifier, said, source) };
}

/** @throws {InvalidDocumentError} if a part that is written anew is damaged. */
function asTensors(file: Uint8Array, source: string): Uint8Array {
  try {
    return withBinaryTrees(withoutZipMaps(file));
  } catch (err) {
    throw damagedOnnx(err, source);
  }
}

/** The format of a package: whether it is given a set's numbers or the cells of its table. */
export function onnxFormatName({ file, settings }: OnnxPackage): 'onnx' | 'onnx-table' {
  return readsColumns(outlineOf(file, ONNX_MEMBER), settings) ? 'onnx-table' : 'onnx';
}

/** How the model of a checked package is asked. @throws {InvalidDocumentError} as {@link onnxPackageOf}. */
export function classifierOf({ file, settings }: OnnxPackage): GraphClassifier {
  return requirePackedClassifier(outlineOf(file, ONNX_MEMBER), ONNX, settings, ONNX_MEMBER);
}

/** @throws {InvalidDocumentError} as {@link onnxPackageOf}. */
export function describeOnnx({ file, settings }: OnnxPackage): GraphDescription {
  const outline = outlineOf(file, ONNX_MEMBER);
  const classifier = requirePackedClassifier(outline, ONNX, settings, ONNX_MEMBER);
  return describeGraph(outline, outline, classifier, settings);
}

/** @throws {InvalidDocumentError} naming all that is wrong, and every part that the runtime must not be given. */
export function parseOnnxPackage(members: PackageMembers, source: string): OnnxPackage {
  const settings = packedSettings(members, source);
  const file = packedMember(members, ONNX_MEMBER, source);
  outlineOf(file, source);
  return { file, settings };
}

/**
 * @throws {InvalidDocumentError} if it is no ONNX file, has parts that the runtime must not be given, or weights
 * elsewhere.
 */
export function outlineOf(file: Uint8Array, source: string): OnnxOutline {
  const outline = readOnnx(file, source);
  if (outline.externalFiles.size === 0) return outline;
  const message = 'has weights in other files; push the model from the folder that has them';
  throw new InvalidDocumentError(source, [{ path: 'graph', message }]);
}
