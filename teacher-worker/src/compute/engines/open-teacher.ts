/** From a model's package to the engine of its format. */
import type { Dataset, ModelSettings, PackagedModel } from '@lyceum/learning/data';
import type { Engine } from '@lyceum/learning/tensorflow';
import { LayersModelTeacher } from './layers-model-teacher.js';
import { OnnxTeacher } from './onnx-teacher.js';
import type { TeacherEngine } from './teacher-engine.js';

export interface OpenTeacherOptions {
  readonly packaged: PackagedModel;
  /** Of the teacher; the package's own are where they come from. */
  readonly settings: ModelSettings;
  /** A set that it will be asked about. */
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly computeThreads: number;
  /** Told why inferences run operation by operation, if they do. */
  readonly untraced: (reason: string) => void;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model does not load or the samples do not fit it. */
export function openTeacher(options: OpenTeacherOptions): Promise<TeacherEngine> {
  const { packaged, settings, dataset, engine, computeThreads, untraced } = options;
  switch (packaged.format) {
    case 'layers-model':
      return LayersModelTeacher.open(engine, packaged.model, settings, dataset, untraced);
    case 'onnx':
      return OnnxTeacher.open({ model: packaged.model, settings, dataset, computeThreads });
  }
}
