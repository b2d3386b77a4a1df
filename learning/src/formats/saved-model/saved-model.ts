/**
 * The formats of TensorFlow's SavedModels, for the table of formats: models that are given numbers, and models that
 * read columns.
 */
import { join } from 'node:path';
import type { ModelFormat } from '../../models/index.js';
import { readSavedModelFolder } from './read-saved-model.js';
import {
  describeSavedModel,
  describeSavedModelTable,
  encodeSavedModelPackage,
  parseSavedModelPackage,
  SAVED_MODEL_MEMBER,
  type SavedModelPackage,
  savedModelFormatName,
} from './saved-model-package.js';

export const savedModel = {
  name: 'saved-model',
  engine: 'tensorflow',
  member: SAVED_MODEL_MEMBER,
  parse: parseSavedModelPackage,
  nameOf: savedModelFormatName,
  describe: describeSavedModel,
  mayReadColumns: true,
  onDisk: {
    liesAt: (_, members) => members.includes(SAVED_MODEL_MEMBER),
    settingsFile: (path) => join(path, 'settings.json'),
    pack: (path, given) => encodeSavedModelPackage(readSavedModelFolder(path, given)),
  },
} as const satisfies ModelFormat<SavedModelPackage>;

export const savedModelTable = {
  name: 'saved-model-table',
  engine: 'tensorflow-table',
  parse: parseSavedModelPackage,
  nameOf: savedModelFormatName,
  describe: describeSavedModelTable,
} as const satisfies ModelFormat<SavedModelPackage>;
