/**
 * Teachers that are TensorFlow SavedModels: of a set's numbers, and of a table's columns. Only the native engine runs
 * them: FAILED_PRECONDITION with another.
 */
import {
  gpuProblem,
  SavedModelInference,
  SavedModelTableInference,
} from '@lyceum/learning/tensorflow';
import { GraphTeacher } from './graph-teacher.js';
import type { LocalOpener } from './local-opener.js';
import { RawTeacher } from './raw-teacher.js';

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

export const savedModelTable: LocalOpener<'saved-model-table'> = {
  format: 'saved-model-table',
  gpuProblem: ({ engine }, gpu) => gpuProblem(engine, gpu),
  open: async (model, { dataset }, { engine }) => {
    const inference = await SavedModelTableInference.open(engine, model, dataset);
    return RawTeacher.open({ format: 'saved-model-table', model }, dataset, inference);
  },
};
