/** The format of TensorFlow.js. `model.json` comes last, so that it never names weights that are not there. */
import { settingsJson } from '@lyceum/learning/models';
import { encodingFile, type PlainFormat } from './export-format.js';

/** Names of classes in the order of outputs, a JSON list. */
export const CLASSES_FILE = 'classes.json';

export const tfjs = {
  name: 'tfjs',
  files(model, classNames) {
    const { modelJson, weights, settings } = model;
    return new Map<string, Uint8Array | string>([
      ['weights.bin', weights],
      ['settings.json', `${settingsJson(settings)}\n`],
      ...(classNames === undefined
        ? []
        : [[CLASSES_FILE, `${JSON.stringify(classNames)}\n`] as const]),
      ...encodingFile(model),
      ['model.json', `${JSON.stringify(modelJson)}\n`],
    ]);
  },
} as const satisfies PlainFormat;
