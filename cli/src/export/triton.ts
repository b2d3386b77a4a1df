/** The format of a model repository for Triton that holds this model. */
import { tritonRepository } from '@lyceum/learning/export';
import { encodingFile, type OnnxFormat } from './export-format.js';

export const triton = {
  name: 'triton',
  hasOnnx: true,
  files: (name, file, model, options) =>
    new Map<string, Uint8Array | string>([
      ...tritonRepository(name, file, options, model.settings.output),
      ...encodingFile(model, `${name}/`),
    ]),
} as const satisfies OnnxFormat;
