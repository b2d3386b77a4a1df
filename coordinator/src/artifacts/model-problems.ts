/** What keeps a model from a part in a run: as a teacher of the samples of a set, or as the student. Pure. */
import { type Dataset, encodingDigest, encodingText } from '@lyceum/learning/datasets';
import { type FormatName, formatNamed, isTrainable } from '@lyceum/learning/formats';
import {
  COLUMNS_HINT,
  classOrder,
  columnPlaces,
  contradictionAt,
  type LayerDescription,
  ModelInputs,
  type ModelSettings,
  namedAsInSet,
  readsOneText,
  studentSettingsProblem,
} from '@lyceum/learning/models';
import { tooManyParameters } from '@lyceum/learning/specification';
import {
  elementCount,
  LAYER_MAX_VALUES,
  type Problem,
  SAMPLE_MAX_VALUES,
  STUDENT_MAX_PARAMETERS,
  toLyceumError,
} from '@lyceum/proto';
import type { PinnedTeacher } from '../runs/index.js';
import type { KnownModel } from './artifact-catalog.js';
import type { DatasetOutline } from './inspect-artifact.js';

/** A model that answers with classes alone is a black box, and the run has to say `access: black`. */
export function accessProblems(
  path: string,
  { access, model: name }: { readonly model: string; readonly access?: PinnedTeacher['access'] },
  { classesOnly, mayAbstain }: KnownModel,
): Problem[] {
  if (access === undefined) {
    const message =
      'may leave samples without an answer, and some rules of the table need every answer';
    return mayAbstain === true ? [{ path, message: `${name} ${message}` }] : [];
  }
  if (classesOnly !== true || access === 'black') return [];
  const message = `want black, got ${access}: ${path} is ${name}, which answers with classes alone`;
  return [{ path: path.replace(/\.model$/, '.access'), message }];
}

/** @param recorded - digest of the set that the model has answers to. */
export function otherSetProblems(
  path: string,
  recorded: string,
  dataset: DatasetOutline | undefined,
): Problem[] {
  if (dataset === undefined || recorded === dataset.digest) return [];
  const message = `holds answers to data set ${recorded.slice(0, 12)}, and the data set here is ${dataset.digest.slice(0, 12)}; push answers to its samples`;
  return [{ path, message }];
}

/** A modality was named for a teacher that looks at no sample. */
export function seesNothing(path: string): Problem {
  return { path, message: 'has no meaning for recorded answers; leave it out' };
}

/** What keeps a model from being asked about the samples of a set. */
export function teacherProblems(
  path: string,
  model: KnownModel,
  settings: ModelSettings,
  dataset: Dataset,
): Problem[] {
  const encoded = encodingProblems(path, model, dataset);
  try {
    const unknown = (model.answerClasses ?? []).filter(
      (name) => !dataset.classNames.includes(name),
    );
    if (unknown.length > 0) {
      const message = `answers with classes that the data set does not have: ${unknown.slice(0, 8).join(', ')}`;
      return [{ path, message }];
    }
    if (model.reads !== undefined) return rawProblems(path, model, settings, dataset);
    const { shape, size } = new ModelInputs(dataset, settings, model.inputShape);
    if (size > SAMPLE_MAX_VALUES) {
      const message = `sees samples of shape [${shape}], ${size} numbers; want at most ${SAMPLE_MAX_VALUES}`;
      return [...encoded, { path, message }];
    }
    const classes = classOrder(settings, dataset);
    const { classCount } = classes === undefined ? model : dataset;
    const seen = { ...dataset, sampleShape: shape };
    const { format, inputShape } = model;
    return [...encoded, ...modelProblems(path, { format, inputShape, classCount }, seen)];
  } catch (err) {
    return [...encoded, { path, message: toLyceumError(err).message }];
  }
}

/**
 * What keeps a model that reads texts or columns from being asked about a set.
 *
 * @throws {LyceumError} as `classOrder` and `columnPlaces` do.
 */
function rawProblems(
  path: string,
  model: KnownModel,
  settings: ModelSettings,
  dataset: Dataset,
): Problem[] {
  const { reads, columns = [] } = model;
  if (reads === 'columns') {
    const isText = dataset.texts !== undefined && readsOneText(columns);
    if (!isText) columnPlaces(columns, dataset.columns);
  } else if (dataset.texts === undefined) {
    const message = 'reads texts, and the data set was not made of texts: push one with --text';
    return [{ path, message }];
  }
  const { classCount } = classOrder(settings, dataset) === undefined ? model : dataset;
  return modelProblems(path, { classCount }, dataset);
}

/** What keeps a teacher's layers from being computed. */
export function layerProblems(path: string, layers: readonly LayerDescription[] = []): Problem[] {
  const large = layers.find(({ shape }) => shape && elementCount(shape) > LAYER_MAX_VALUES);
  if (large?.shape === undefined) return [];
  const message = `has layer ${large.name} of shape [${large.shape}], ${elementCount(large.shape)} numbers a sample; want at most ${LAYER_MAX_VALUES}`;
  return [{ path, message }];
}

/** What keeps a model from being a student. */
export function studentProblems(
  path: string,
  model: KnownModel,
  settings: ModelSettings,
  dataset: Dataset,
): Problem[] {
  if (!isTrainable(model.format)) {
    const message = `is of format ${model.format}; a student is trained as a TensorFlow.js layers model`;
    return [{ path, message }];
  }
  const message = studentSettingsProblem(settings);
  if (message !== undefined) return [{ path, message }];
  return [
    ...encodingProblems(path, model, dataset),
    ...modelProblems(path, model, dataset),
    ...startOrderProblems(path, settings, dataset),
  ];
}

/**
 * A student's outputs are the set's classes, in the set's order. So the set must begin with the classes of the model
 * that the student starts from; others may follow.
 */
function startOrderProblems(
  path: string,
  { classes = [] }: ModelSettings,
  { classNames }: Dataset,
): Problem[] {
  const named = namedAsInSet(classes, classNames);
  const place = contradictionAt(named, classNames);
  if (place < 0) return [];
  const message = `has the class ${named[place]} at output ${place}, where spec.dataset has ${classNames[place] ?? 'none'}; a student has the set's order: push the set with --classes in the order of the model, or start from another one`;
  return [{ path, message }];
}

/** What keeps an architecture from taking the samples of a set. */
export function architectureProblems(
  architecture: string,
  layers: readonly LayerDescription[],
  { sampleShape }: Dataset,
): Problem[] {
  const misfit = layers.find(({ shape }) => shape === undefined);
  if (misfit === undefined) return [];
  const message = `${architecture} does not fit the samples of spec.dataset, [${sampleShape}]: layer ${misfit.name} cannot take them`;
  return [{ path: 'spec.student.model.architecture', message }];
}

/** What keeps a student of so many parameters from being trained; undefined: it fits no samples anyway. */
export function sizeProblems(path: string, parameterCount: number | undefined): Problem[] {
  if (parameterCount === undefined || parameterCount <= STUDENT_MAX_PARAMETERS) return [];
  return [{ path, message: tooManyParameters(parameterCount) }];
}

/** A model that was trained on encoded texts or rows knows no other numbers than those of its encoding. */
function encodingProblems(path: string, model: KnownModel, { encoding }: Dataset): Problem[] {
  if (model.encodingDigest === undefined) return [];
  if (encoding !== undefined && encodingDigest(encoding) === model.encodingDigest) return [];
  const own =
    encoding === undefined ? 'not encoded' : `encoded otherwise (${encodingText(encoding)})`;
  const message = `was trained on texts or rows in another encoding: the samples of the data set are ${own}`;
  return [{ path, message }];
}

/** What keeps a model from taking samples of a set or telling its classes. */
function modelProblems(
  path: string,
  model: {
    readonly format?: FormatName;
    readonly inputShape?: readonly number[] | undefined;
    readonly classCount?: number | undefined;
  },
  dataset: Pick<Dataset, 'sampleShape' | 'classCount' | 'encoding' | 'columns'>,
): Problem[] {
  const problems: Problem[] = [];
  if (model.classCount !== undefined && model.classCount !== dataset.classCount) {
    const message = `has ${model.classCount} classes, and the data set has ${dataset.classCount}`;
    problems.push({ path, message });
  }
  const { inputShape } = model;
  if (inputShape !== undefined && elementCount(inputShape) !== elementCount(dataset.sampleShape)) {
    const encoded = dataset.encoding && ` and are encoded (${encodingText(dataset.encoding)})`;
    const mayReadColumns =
      model.format !== undefined && formatNamed(model.format).mayReadColumns === true;
    const isOfTable = dataset.columns !== undefined && inputShape.length === 1;
    const hint = mayReadColumns && isOfTable ? `; ${COLUMNS_HINT}` : '';
    const message = `takes inputs of shape [${inputShape}], and the samples have [${dataset.sampleShape}]${encoded ?? ''}${hint}`;
    problems.push({ path, message });
  }
  return problems;
}
