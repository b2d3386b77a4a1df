/** Makes the description of a model behind a server from the options of `models push --inference`. */
import { parseYamlDocument } from '@lyceum/learning/documents';
import { readTextFile } from '@lyceum/learning/files';
import {
  checkInferenceDescription,
  type InferenceDescription,
} from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';

export interface InferenceOptions {
  /** A URL, or a YAML file with the whole description. */
  readonly inference: string;
  readonly model?: string;
  readonly modelVersion?: string;
  readonly revision?: string;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming what is wrong. */
export function inferenceDescriptionOf(options: InferenceOptions): InferenceDescription {
  const { inference, model, modelVersion: version, revision } = options;
  const isUrl = inference.includes('://');
  const source = isUrl ? 'the description' : inference;
  const given = isUrl ? { url: inference } : readDescription(inference);
  return checkInferenceDescription(
    {
      ...given,
      ...(model !== undefined && { model }),
      ...(version !== undefined && { version }),
      ...(revision !== undefined && { revision }),
    },
    source,
  );
}

function readDescription(file: string): object {
  try {
    const read = parseYamlDocument(readTextFile(file, 'INVALID_ARGUMENT'));
    if ('problem' in read) throw new Error(read.problem.message);
    if (typeof read.value === 'object' && read.value !== null) return read.value;
    throw new Error('is not a mapping');
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    const message = `--inference ${file}: want grpc://HOST:PORT, or another URL of a server, or a YAML file that describes the model (${why})`;
    throw new LyceumError('INVALID_ARGUMENT', message, { cause: err });
  }
}
