/**
 * A format that `pull` writes: one file with one of these, and one line in export-formats.ts.
 *
 * What it writes are files by their path below the output folder.
 */
import { ENCODING_FILE, encodingJson } from '@lyceum/learning/datasets';
import type { OnnxOptions } from '@lyceum/learning/export';
import type { ModelPackage } from '@lyceum/learning/formats';

export type ExportedFiles = ReadonlyMap<string, Uint8Array | string>;

/** The model as it is: weights and topology. */
export interface PlainFormat {
  readonly name: string;
  readonly hasOnnx?: never;
  /** @param classNames - where they are known. */
  files(model: ModelPackage, classNames: readonly string[] | undefined): ExportedFiles;
}

/** One file of it is ONNX, which is run before it is written. */
export interface OnnxFormat {
  readonly name: string;
  readonly hasOnnx: true;
  /**
   * @param name - of the run or the model.
   * @param onnx - what `options` made of the model.
   */
  files(name: string, onnx: Uint8Array, model: ModelPackage, options: OnnxOptions): ExportedFiles;
}

/** What makes the inputs of a student of texts or rows. */
export function encodingFile({ encoding }: ModelPackage, folder = ''): [string, string][] {
  return encoding === undefined
    ? []
    : [[`${folder}${ENCODING_FILE}`, `${encodingJson(encoding)}\n`]];
}
