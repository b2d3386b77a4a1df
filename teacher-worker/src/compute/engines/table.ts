/** All engines that compute here. */
import { type PackagedModel, withSettings } from '@lyceum/learning/formats';
import { type OpenTeacher, opensAnyOf } from '../engine/index.js';
import { graphModel } from './graph-model-teacher.js';
import { layersModel } from './layers-model-teacher.js';
import type { LocalOpener, LocalPlace } from './local-opener.js';
import { onDevice } from './on-device.js';
import { onnxTable } from './onnx-table-teacher.js';
import { onnx } from './onnx-teacher.js';
import { onnxText } from './onnx-text-teacher.js';
import { recorded } from './recorded-teacher.js';
import { savedModel, savedModelTable } from './saved-model-teacher.js';

const TABLE: readonly LocalOpener[] = [
  layersModel,
  graphModel,
  onnx,
  onnxTable,
  onnxText,
  savedModel,
  savedModelTable,
  recorded,
];

/** Opens models with the teacher's settings in place of the package's own. */
export function localTeachers(place: LocalPlace): OpenTeacher {
  const open = opensAnyOf(TABLE.map(onDevice), place);
  return (options) =>
    open({ ...options, packaged: withSettings(options.packaged, options.settings) });
}

/** Name and version of the engine that runs a model, for people. */
export function engineVersion({ format }: PackagedModel, { engine }: LocalPlace): string {
  return TABLE.find((one) => one.format === format)?.version?.() ?? engine.version;
}
