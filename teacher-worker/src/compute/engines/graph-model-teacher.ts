/** A teacher that is a TensorFlow.js GraphModel, on TensorFlow. */
import type { Dataset } from '@lyceum/learning/datasets';
import type { ModelPackage } from '@lyceum/learning/formats';
import { type Engine, GraphModelInference } from '@lyceum/learning/tensorflow';
import { GraphTeacher } from './graph-teacher.js';

/** @throws {LyceumError} INVALID_ARGUMENT if the engine cannot run the graph, or the samples do not fit it. */
export function openGraphModelTeacher(
  engine: Engine,
  model: ModelPackage,
  dataset: Dataset,
): Promise<GraphTeacher> {
  return GraphTeacher.open({
    packaged: { format: 'graph-model', model },
    dataset,
    open: (options) => GraphModelInference.open(engine, model, options),
  });
}
