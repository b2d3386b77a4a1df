/** From a model's package to the engine of its format, of those that compute here. */
import { withSettings } from '@lyceum/learning/formats';
import type { Engine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { OpenTeacher } from '../rows/index.js';
import { openGraphModelTeacher } from './graph-model-teacher.js';
import { LayersModelTeacher } from './layers-model-teacher.js';
import { openOnnxTeacher } from './onnx-teacher.js';
import { RecordedTeacher } from './recorded-teacher.js';
import { openSavedModelTeacher } from './saved-model-teacher.js';

export function localTeachers(engine: Engine, computeThreads: number): OpenTeacher {
  return async ({ packaged, settings, dataset, untraced }) => {
    const { format, model } = withSettings(packaged, settings);
    switch (format) {
      case 'layers-model':
        return LayersModelTeacher.open(engine, model, settings, dataset, untraced);
      case 'graph-model':
        return openGraphModelTeacher(engine, model, dataset);
      case 'onnx':
        return openOnnxTeacher(model, dataset, computeThreads);
      case 'saved-model':
        return openSavedModelTeacher(engine, model, dataset);
      case 'recorded':
        return new RecordedTeacher(model);
      case 'endpoint':
      case 'open-inference':
        throw new LyceumError(
          'INTERNAL',
          `${packaged.format} is not asked by the thread that computes`,
        );
    }
  };
}
