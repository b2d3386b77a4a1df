/** An ONNX model as one file: a zip of `model.onnx`, its weights inside, and `settings.json`, which are complete. */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import type { ModelDescription } from '../model-description.js';
import { type ModelSettings, settingsJson } from '../model-settings.js';
import { writeZip } from '../zip.js';
import { type OnnxClassifier, onnxClassifier, onnxValueText } from './onnx-classifier.js';
import { type OnnxOutline, readOnnx } from './onnx-file.js';

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
 * The package of a file, with what the file itself tells added to the settings.
 *
 * @throws {InvalidDocumentError} naming all that keeps it from being asked as a classifier.
 */
export function onnxPackageOf(
  file: Uint8Array,
  given: Partial<ModelSettings>,
  source = 'model.onnx',
): OnnxPackage {
  const { settings } = outlined(file, given, source).classifier;
  const { output } = settings;
  if (output === undefined) throw new Error('a classifier whose output has no kind');
  return { file, settings: { ...settings, output } };
}

/** How it is asked; of a package that was read. @throws {InvalidDocumentError} as {@link onnxPackageOf}. */
export function classifierOf({ file, settings }: OnnxPackage): OnnxClassifier {
  return outlined(file, settings, 'model.onnx').classifier;
}

export interface OnnxDescription extends ModelDescription {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** @throws {InvalidDocumentError} as {@link onnxPackageOf}. */
export function describeOnnx({ file, settings }: OnnxPackage): OnnxDescription {
  const { outline, classifier } = outlined(file, settings, 'model.onnx');
  const { inputShape, classCount } = classifier;
  return {
    ...(inputShape !== undefined && { inputShape }),
    ...(classCount !== undefined && { classCount }),
    parameterCount: outline.parameterCount,
    weightBytes: outline.weightBytes,
    output: settings.output,
    inputs: outline.inputs.map(onnxValueText),
    outputs: outline.outputs.map(onnxValueText),
  };
}

function outlined(
  file: Uint8Array,
  given: Partial<ModelSettings>,
  source: string,
): { readonly outline: OnnxOutline; readonly classifier: OnnxClassifier } {
  const outline = readOnnx(file, source);
  const problems: Problem[] = [];
  const classifier = onnxClassifier(outline, given, problems);
  if (classifier === undefined) throw new InvalidDocumentError(source, problems);
  return { outline, classifier };
}
