/**
 * The formats that `pull` writes. A new format is a file that exports one of these, and a line in export-formats.ts.
 *
 * A format returns the content of its files, by their paths below the output folder.
 */
import { ENCODING_FILE, encodingJson } from '@lyceum/learning/datasets';
import type { OnnxOptions } from '@lyceum/learning/export';
import type { ModelPackage } from '@lyceum/learning/formats';

export type ExportedFiles = ReadonlyMap<string, Uint8Array | string>;

/** A format that holds the model unchanged: weights and topology. */
export interface PlainFormat {
  readonly name: string;
  readonly hasOnnx?: never;
  /** @param classNames - undefined: they are not known. */
  files(model: ModelPackage, classNames: readonly string[] | undefined): ExportedFiles;
}

/** A format with an ONNX file, which is run before it is written. */
export interface OnnxFormat {
  readonly name: string;
  readonly hasOnnx: true;
  /**
   * @param name - the name of the run or the model.
   * @param onnx - the ONNX file that was made with `options`.
   */
  files(name: string, onnx: Uint8Array, model: ModelPackage, options: OnnxOptions): ExportedFiles;
}

/** The file that tells how texts or rows become the student's inputs; none for other students. */
export function encodingFile({ encoding }: ModelPackage, folder = ''): [string, string][] {
  return encoding === undefined
    ? []
    : [[`${folder}${ENCODING_FILE}`, `${encodingJson(encoding)}\n`]];
}
