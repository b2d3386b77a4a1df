/** A teacher that is a TensorFlow SavedModel. Only the native engine runs it: FAILED_PRECONDITION with another. */
import { gpuProblem, SavedModelInference } from '@lyceum/learning/tensorflow';
import { GraphTeacher } from './graph-teacher.js';
import type { LocalOpener } from './local-opener.js';

export const savedModel: LocalOpener<'saved-model'> = {
  format: 'saved-model',
  gpuProblem: ({ engine }, gpu) => gpuProblem(engine, gpu),
  open: (model, { dataset }, { engine }) =>
    GraphTeacher.open({
      packaged: { format: 'saved-model', model },
      dataset,
      open: (options) => SavedModelInference.open(engine, model, options),
    }),
};
