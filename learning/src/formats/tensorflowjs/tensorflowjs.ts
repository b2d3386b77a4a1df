/**
 * The formats of TensorFlow.js, for the table of formats. They have the same members; `model.json` says which it is.
 */
import { dirname, join } from 'node:path';
import type { ModelFormat } from '../../models/index.js';
import { modelLayers } from '../../models/layers/index.js';
import { describeModel } from './describe-model.js';
import { readModelFolder } from './model-folder.js';
import {
  encodeModelPackage,
  type ModelPackage,
  modelJsonFormat,
  parseModelMembers,
} from './model-package.js';
import { describeTfjsGraph } from './tfjs-graph-package.js';

export const layersModel = {
  name: 'layers-model',
  engine: 'tfjs-layers',
  member: 'model.json',
  parse: parseModelMembers,
  nameOf: ({ modelJson }) => modelJsonFormat(modelJson),
  describe: describeModel,
  layers: ({ modelJson }) => modelLayers(modelJson),
  onDisk: {
    liesAt: (path, members) => path.endsWith('.json') || members.includes('model.json'),
    settingsFile: (path) => join(path.endsWith('.json') ? dirname(path) : path, 'settings.json'),
    pack: async (path, given) => encodeModelPackage(await readModelFolder(path, given)),
  },
  isTrainable: true,
  hasKnownLayout: true,
} as const satisfies ModelFormat<ModelPackage>;

export const graphModel = {
  name: 'graph-model',
  engine: 'tfjs-graph',
  parse: parseModelMembers,
  describe: describeTfjsGraph,
} as const satisfies ModelFormat<ModelPackage>;
