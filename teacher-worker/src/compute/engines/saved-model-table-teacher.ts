/** A teacher that is a TensorFlow SavedModel of a table's columns. Only the native engine runs it. */
import { gpuProblem, SavedModelTableInference } from '@lyceum/learning/tensorflow';
import type { LocalOpener } from './local-opener.js';
import { RawTeacher } from './raw-teacher.js';

export const savedModelTable: LocalOpener<'saved-model-table'> = {
  format: 'saved-model-table',
  gpuProblem: ({ engine }, gpu) => gpuProblem(engine, gpu),
  open: async (model, { dataset }, { engine }) => {
    const inference = await SavedModelTableInference.open(engine, model, dataset);
    return RawTeacher.open({ format: 'saved-model-table', model }, dataset, inference);
  },
};
