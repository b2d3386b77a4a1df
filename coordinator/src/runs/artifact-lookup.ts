/** From the names of models, sets and runs to what they are; what is wrong with them is collected. */
import {
  classOrder,
  ENGINE_OF,
  encodingDigest,
  encodingText,
  type LayerDescription,
  ModelInputs,
  type ModelSettings,
  parseSettingsJson,
  settingsJson,
  teacherIdentity,
} from '@lyceum/learning/data';
import { type Problem, toLyceumError } from '@lyceum/proto';
import type { ArtifactCatalog, KnownModel } from './artifact-catalog.js';
import type { DatasetOutline } from './inspect-artifact.js';
import type { PinnedTeacher } from './run-record.js';
import type { RunStore } from './run-store.js';

interface NamedTeacher extends Pick<PinnedTeacher, 'name' | 'weight'> {
  readonly model: string;
  /** Absent: as much as the model gives, to measure it. */
  readonly access?: PinnedTeacher['access'];
}

/** Finds what somebody names; what it does not find it adds to the problems. */
export class ArtifactLookup {
  readonly problems: Problem[];
  readonly #catalog: ArtifactCatalog;
  readonly #runs: RunStore;

  constructor(catalog: ArtifactCatalog, runs: RunStore, problems: Problem[]) {
    this.#catalog = catalog;
    this.#runs = runs;
    this.problems = problems;
  }

  async dataset(
    path: string,
    named: string | { readonly path: string; readonly digest: string },
  ): Promise<
    { reference: { digest: string; path?: string }; outline: DatasetOutline } | undefined
  > {
    if (typeof named === 'object') {
      const reference = { digest: named.digest.slice('sha256:'.length), path: named.path };
      const outline = await this.#orProblem(path, () => this.#catalog.dataset(reference));
      return outline && { reference, outline };
    }
    const found = await this.#catalog.find('dataset', named);
    if (found === undefined) {
      const message = `there is no data set ${named}; ${await this.#pushed('dataset')}`;
      this.problems.push({ path, message });
      return undefined;
    }
    const reference = { digest: found.digest };
    const outline = await this.#orProblem(path, () => this.#catalog.dataset(reference));
    return outline && { reference, outline };
  }

  async model(path: string, named: string): Promise<KnownModel | undefined> {
    let digest: string | undefined;
    if (named.startsWith('run:')) {
      const runId = named.slice('run:'.length);
      const run = this.#runs.get(runId);
      digest = run?.state === 'SUCCEEDED' ? run.outcome?.modelDigest : undefined;
      if (digest === undefined) {
        const message =
          run === undefined
            ? `there is no run ${runId}`
            : `run ${runId} is ${run.state}; its student can be used once it SUCCEEDED`;
        this.problems.push({ path, message });
        return undefined;
      }
    } else {
      digest = (await this.#catalog.find('model', named))?.digest;
      if (digest === undefined) {
        const message = `there is no model ${named}; ${await this.#pushed('model')}`;
        this.problems.push({ path, message });
        return undefined;
      }
    }
    const found = digest;
    return this.#orProblem(path, () => this.#catalog.model(found));
  }

  /** A model as a teacher of `dataset`, if that is known. */
  async teacher(
    path: string,
    named: NamedTeacher,
    dataset: DatasetOutline | undefined,
  ): Promise<PinnedTeacher | undefined> {
    const model = await this.model(path, named.model);
    if (model === undefined) return undefined;
    const settings = parseSettingsJson(JSON.stringify(model.settings));
    const engine = ENGINE_OF[model.format];
    const { access = model.classesOnly === true ? 'black' : 'white' } = named;
    this.problems.push(...accessProblems(path, named, model));
    if (dataset !== undefined) {
      this.problems.push(...teacherProblems(path, model, settings, dataset));
    }
    return {
      name: named.name,
      identity: teacherIdentity(model.answersDigest ?? model.digest, settings, engine),
      modelDigest: model.digest,
      settingsJson: settingsJson(settings),
      engine,
      access,
      weight: named.weight,
      parameterCount: model.parameterCount,
      weightBytes: model.weightBytes,
    };
  }

  /** The layers of a model that was found before. */
  async layersOf(modelDigest: string): Promise<readonly LayerDescription[]> {
    return (await this.#catalog.model(modelDigest)).layers;
  }

  /** The id of a run whose student the table will show: it must be on its way and on the same set. */
  run(path: string, named: string, dataset: DatasetOutline | undefined): string {
    const runId = named.slice('run:'.length);
    const run = this.#runs.get(runId);
    const wrong =
      run === undefined
        ? `there is no run ${runId}`
        : run.state === 'FAILED' || run.state === 'CANCELLED' || run.state === 'CANCELLING'
          ? `run ${runId} is ${run.state}`
          : dataset !== undefined && run.dataset.digest !== dataset.digest
            ? `run ${runId} is on another data set`
            : undefined;
    if (wrong !== undefined) this.problems.push({ path, message: wrong });
    return runId;
  }

  /** What the caller got wrong becomes a problem; what the cluster lacks is thrown. */
  async #orProblem<T>(path: string, find: () => Promise<T>): Promise<T | undefined> {
    try {
      return await find();
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.code !== 'NOT_FOUND' && err.code !== 'INVALID_ARGUMENT') throw thrown;
      this.problems.push({ path, message: err.message });
      return undefined;
    }
  }

  async #pushed(kind: 'model' | 'dataset'): Promise<string> {
    const names = (await this.#catalog.list(kind)).map((artifact) => artifact.name);
    if (names.length === 0) return 'none has been pushed';
    const shown = names.slice(0, 8).join(', ');
    return `pushed are ${shown}${names.length > 8 ? ', …' : ''}`;
  }
}

/** Who answers with classes alone is a black box, and a run has to say so. */
function accessProblems(
  path: string,
  { access, model: name }: NamedTeacher,
  { classesOnly, mayAbstain }: KnownModel,
): Problem[] {
  if (access === undefined) {
    const message =
      'may leave samples without an answer, which not every rule of the table can do with';
    return mayAbstain === true ? [{ path, message: `${name} ${message}` }] : [];
  }
  if (classesOnly !== true || access === 'black') return [];
  const message = `want black, got ${access}: ${path} is ${name}, which answers with classes alone`;
  return [{ path: path.replace(/\.model$/, '.access'), message }];
}

/** What keeps a model from being asked about the samples of a set. */
function teacherProblems(
  path: string,
  model: KnownModel,
  settings: ModelSettings,
  dataset: DatasetOutline,
): Problem[] {
  try {
    const { recordedDataset } = model;
    if (recordedDataset !== undefined) {
      if (recordedDataset === dataset.digest) return [];
      const message = `holds answers to data set ${recordedDataset.slice(0, 12)}, and this run is on ${dataset.digest.slice(0, 12)}; push answers to the samples of spec.dataset`;
      return [{ path, message }];
    }
    const unknown = (model.answerClasses ?? []).filter(
      (name) => !dataset.classNames.includes(name),
    );
    if (unknown.length > 0) {
      const message = `answers with classes that the data set has not: ${unknown.slice(0, 8).join(', ')}`;
      return [{ path, message }];
    }
    const { shape } = new ModelInputs(dataset, settings, model.inputShape);
    const classes = classOrder(settings, dataset);
    const { classCount } = classes === undefined ? model : dataset;
    const seen = { ...dataset, sampleShape: shape };
    return [
      ...encodingProblems(path, model, dataset),
      ...modelProblems(path, { inputShape: model.inputShape, classCount }, seen),
    ];
  } catch (err) {
    return [{ path, message: toLyceumError(err).message }];
  }
}

/** What keeps a model from being a student. */
export function studentProblems(path: string, model: KnownModel, dataset: DatasetOutline) {
  if (model.format !== 'layers-model') {
    const message = `is of format ${model.format}; a student is trained as a TensorFlow.js layers model`;
    return [{ path, message }];
  }
  const { output: _, scale: __, ...others } = parseSettingsJson(JSON.stringify(model.settings));
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const message = `has the setting ${other}, which only teachers may have`;
    return [{ path, message }];
  }
  return [...encodingProblems(path, model, dataset), ...modelProblems(path, model, dataset)];
}

/** A model that was trained on encoded texts or rows knows no other numbers than those of its encoding. */
function encodingProblems(
  path: string,
  model: KnownModel,
  { encoding }: DatasetOutline,
): Problem[] {
  if (model.encodingDigest === undefined) return [];
  if (encoding !== undefined && encodingDigest(encoding) === model.encodingDigest) return [];
  const own =
    encoding === undefined ? 'not encoded' : `encoded otherwise (${encodingText(encoding)})`;
  const message = `was trained on texts or rows in another encoding: the samples of spec.dataset are ${own}`;
  return [{ path, message }];
}

/** What keeps a model from taking samples of a set or telling its classes. */
function modelProblems(
  path: string,
  model: {
    readonly inputShape?: readonly number[] | undefined;
    readonly classCount?: number | undefined;
  },
  dataset: Pick<DatasetOutline, 'sampleShape' | 'classCount' | 'encoding'>,
): Problem[] {
  const problems: Problem[] = [];
  if (model.classCount !== undefined && model.classCount !== dataset.classCount) {
    const message = `has ${model.classCount} classes, and the data set has ${dataset.classCount}`;
    problems.push({ path, message });
  }
  const values = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  const { inputShape } = model;
  if (inputShape !== undefined && values(inputShape) !== values(dataset.sampleShape)) {
    const encoded = dataset.encoding && ` and are encoded (${encodingText(dataset.encoding)})`;
    const message = `takes inputs of shape [${inputShape}], and the samples have [${dataset.sampleShape}]${encoded ?? ''}`;
    problems.push({ path, message });
  }
  return problems;
}
