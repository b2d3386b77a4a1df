/** The format of TensorFlow's SavedModels, as the table has it. */
import { join } from 'node:path';
import type { ModelFormat } from '../../models/index.js';
import { readSavedModelFolder } from './read-saved-model.js';
import {
  describeSavedModel,
  encodeSavedModelPackage,
  parseSavedModelPackage,
  SAVED_MODEL_MEMBER,
  type SavedModelPackage,
} from './saved-model-package.js';

export const savedModel = {
  name: 'saved-model',
  engine: 'tensorflow',
  member: SAVED_MODEL_MEMBER,
  parse: parseSavedModelPackage,
  describe: describeSavedModel,
  onDisk: {
    liesAt: (_, members) => members.includes(SAVED_MODEL_MEMBER),
    settingsFile: (path) => join(path, 'settings.json'),
    pack: (path, given) => encodeSavedModelPackage(readSavedModelFolder(path, given)),
  },
} as const satisfies ModelFormat<SavedModelPackage>;
