/**
 * An ONNX model of texts as one file: a zip of `model.onnx`, its weights inside, the `tokenizer.json` that makes its
 * tokens, and `settings.json`, which are complete.
 */
import { InvalidDocumentError } from '@lyceum/proto';
import { writeZip } from '../../files/index.js';
import {
  type ModelSettings,
  type PackageMembers,
  packedMember,
  packedSettings,
  settingsJson,
} from '../../models/index.js';
import { completeSettings, describeGraph, type GraphDescription } from '../graphs/index.js';
import { ONNX_MEMBER, outlineOf } from '../onnx/index.js';
import { requireTextClassifier, type TextClassifier } from './text-classifier.js';
import { requireTokenizer } from './text-tokenizer.js';

export interface OnnxTextPackage {
  /** The `.onnx` file's bytes. */
  readonly file: Uint8Array;
  /** The bytes of `tokenizer.json`. */
  readonly tokenizer: Uint8Array;
  readonly settings: ModelSettings & TextSettings;
}

/** Settings that every model of texts has. */
export type TextSettings = Required<Pick<ModelSettings, 'maximumTokens' | 'padToken'>>;

export const TOKENIZER_MEMBER = 'tokenizer.json';

export function encodeOnnxTextPackage({ file, tokenizer, settings }: OnnxTextPackage): Buffer {
  return writeZip(
    new Map([
      [ONNX_MEMBER, file],
      [TOKENIZER_MEMBER, tokenizer],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]),
  );
}

/**
 * The package of a file and its tokenizer, with what the file itself tells added to the settings.
 *
 * @param told - settings that the files beside the model tell.
 * @throws {InvalidDocumentError} naming all reasons why it cannot be asked as a classifier of texts.
 */
export function onnxTextPackageOf(
  { file, tokenizer }: Pick<OnnxTextPackage, 'file' | 'tokenizer'>,
  given: Partial<ModelSettings>,
  told: TextSettings,
  source: string,
): OnnxTextPackage {
  const outline = outlineOf(file, source);
  const classifier = requireTextClassifier(outline, given, source);
  requireTokenizer(tokenizer, `${source}, ${TOKENIZER_MEMBER}`);
  const most = Math.min(told.maximumTokens, classifier.fixedTokens ?? told.maximumTokens);
  const { maximumTokens = most, padToken = told.padToken } = given;
  const settings = { ...completeSettings(classifier, outline, source), maximumTokens, padToken };
  return { file, tokenizer, settings };
}

/** How the model of a checked package is asked. @throws {InvalidDocumentError} as {@link onnxTextPackageOf}. */
export function textClassifierOf({ file, settings }: OnnxTextPackage): TextClassifier {
  return requireTextClassifier(outlineOf(file, ONNX_MEMBER), settings, ONNX_MEMBER);
}

/** @throws {InvalidDocumentError} as {@link onnxTextPackageOf}. */
export function describeOnnxText(model: OnnxTextPackage): GraphDescription {
  const outline = outlineOf(model.file, ONNX_MEMBER);
  const classifier = requireTextClassifier(outline, model.settings, ONNX_MEMBER);
  const described = describeGraph(outline, outline, classifier, model.settings);
  return { ...described, reads: 'texts' };
}

/** @throws {InvalidDocumentError} naming all that is wrong, and every part that the runtime must not be given. */
export function parseOnnxTextPackage(members: PackageMembers, source: string): OnnxTextPackage {
  const settings = packedSettings(members, source);
  const file = packedMember(members, ONNX_MEMBER, source);
  const tokenizer = packedMember(members, TOKENIZER_MEMBER, source);
  const { maximumTokens, padToken } = settings;
  if (maximumTokens !== undefined && padToken !== undefined) {
    return onnxTextPackageOf({ file, tokenizer }, settings, { maximumTokens, padToken }, source);
  }
  const path = maximumTokens === undefined ? 'maximumTokens' : 'padToken';
  throw new InvalidDocumentError(`${source}, settings.json`, [{ path, message: 'is missing' }]);
}
