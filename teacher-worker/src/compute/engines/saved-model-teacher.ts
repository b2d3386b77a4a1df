/** A teacher that is a TensorFlow SavedModel. Only the native engine runs it. */
import type { Dataset } from '@lyceum/learning/datasets';
import type { SavedModelPackage } from '@lyceum/learning/formats';
import { type Engine, SavedModelInference } from '@lyceum/learning/tensorflow';
import { GraphTeacher } from './graph-teacher.js';

/**
 * @throws {LyceumError} FAILED_PRECONDITION if the engine is another one, INVALID_ARGUMENT if TensorFlow refuses the
 *   model, or the samples do not fit it.
 */
export function openSavedModelTeacher(
  engine: Engine,
  model: SavedModelPackage,
  dataset: Dataset,
): Promise<GraphTeacher> {
  return GraphTeacher.open({
    packaged: { format: 'saved-model', model },
    dataset,
    open: (options) => SavedModelInference.open(engine, model, options),
  });
}
