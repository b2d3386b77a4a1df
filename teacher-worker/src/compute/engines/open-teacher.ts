/** From a model's package to the engine of its format, of those that compute here. */
import type { Engine } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import { LayersModelTeacher } from './layers-model-teacher.js';
import { OnnxTeacher } from './onnx-teacher.js';
import { RecordedTeacher } from './recorded-teacher.js';
import type { OpenTeacher } from './teacher-engine.js';

export function localTeachers(engine: Engine, computeThreads: number): OpenTeacher {
  return async ({ packaged, settings, dataset, untraced }) => {
    switch (packaged.format) {
      case 'layers-model':
        return LayersModelTeacher.open(engine, packaged.model, settings, dataset, untraced);
      case 'onnx':
        return OnnxTeacher.open({ model: packaged.model, settings, dataset, computeThreads });
      case 'recorded':
        return new RecordedTeacher(packaged.model);
      case 'endpoint':
        throw new LyceumError('INTERNAL', 'an endpoint is not asked by the thread that computes');
    }
  };
}
