/** The model of a student before its first step. */
import type { Dataset } from '@lyceum/learning/datasets';
import type { ModelPackage } from '@lyceum/learning/formats';
import { type ModelSettings, studentSettingsProblem } from '@lyceum/learning/models';
import type { RunSpecification } from '@lyceum/learning/specification';
import {
  buildStudent,
  type Engine,
  fitsInput,
  type LayersModel,
  loadModel,
  modelSampleShape,
  untrainableLayer,
} from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';

/** A new model of the run's architecture, or the model that the run names. */
export async function startModel(
  engine: Engine,
  specification: RunSpecification,
  dataset: Dataset,
  start: ModelPackage | undefined,
): Promise<{ model: LayersModel; settings: ModelSettings }> {
  const { student, training } = specification.spec;
  // The student's package keeps the modality, since the student may become a teacher.
  const modality = studentModality(specification, start);
  const seen = modality === undefined ? {} : { modality };
  if ('architecture' in student.model) {
    const { sampleShape, classCount } = dataset;
    const { seed } = training;
    const model = buildStudent(engine, student.model, sampleShape, classCount, seed);
    return { model, settings: { output: 'logits', ...seen } };
  }
  if (start === undefined) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `the student starts from ${student.model.model}, and no file came`,
    );
  }
  return { model: await loadModel(engine, start), settings: { ...start.settings, ...seen } };
}

/** The modality of the set that the student sees; undefined: the set has only one. */
export function studentModality(
  { spec }: RunSpecification,
  start: ModelPackage | undefined,
): string | undefined {
  return spec.student.modality ?? start?.settings.modality;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model cannot be trained on these samples. */
export function checkStartModel(
  model: LayersModel,
  settings: ModelSettings,
  dataset: Dataset,
): void {
  const refuse = (message: string) => {
    throw new LyceumError('INVALID_ARGUMENT', `the student's model ${message}`);
  };
  const problem = studentSettingsProblem(settings);
  if (problem !== undefined) refuse(problem);
  const classCount = model.outputs[0]?.shape[1];
  if (classCount !== dataset.classCount) {
    refuse(`has ${classCount} classes, the data set ${dataset.classCount}`);
  }
  const shape = modelSampleShape(model);
  if (!fitsInput(shape, dataset.sampleShape)) {
    refuse(
      `takes samples [${shape.map((n) => n ?? 'any')}], the data set's are [${dataset.sampleShape}]`,
    );
  }
  const odd = model.weights.find((weight) => weight.dtype !== 'float32');
  if (odd !== undefined)
    refuse(`has weight ${odd.originalName} of type ${odd.dtype}; want float32`);
  const untrainable = untrainableLayer(model);
  if (untrainable !== undefined) refuse(untrainable);
}
