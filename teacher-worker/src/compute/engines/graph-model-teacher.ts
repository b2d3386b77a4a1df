/** A teacher that is a TensorFlow.js GraphModel, on TensorFlow. */
import { GraphModelInference, gpuProblem } from '@lyceum/learning/tensorflow';
import { GraphTeacher } from './graph-teacher.js';
import type { LocalOpener } from './local-opener.js';

export const graphModel: LocalOpener<'graph-model'> = {
  format: 'graph-model',
  gpuProblem: ({ engine }, gpu) => gpuProblem(engine, gpu),
  open: (model, { dataset }, { engine }) =>
    GraphTeacher.open({
      packaged: { format: 'graph-model', model },
      dataset,
      open: (options) => GraphModelInference.open(engine, model, options),
    }),
};
