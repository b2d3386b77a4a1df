/** The format of weights without topology, by name. */
import { exportSafetensors } from '@lyceum/learning/export';
import { encodingFile, type PlainFormat } from './export-format.js';

export const safetensors = {
  name: 'safetensors',
  files(model, classNames) {
    const metadata = {
      output: model.settings.output,
      ...(classNames !== undefined && { classNames: JSON.stringify(classNames) }),
    };
    return new Map<string, Uint8Array | string>([
      ['model.safetensors', exportSafetensors(model, metadata)],
      ...encodingFile(model),
    ]);
  },
} as const satisfies PlainFormat;
