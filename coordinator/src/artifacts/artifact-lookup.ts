/** Looks up models, sets and runs by their names, and collects what is wrong with them. */
import { type Dataset, seenDataset } from '@lyceum/learning/datasets';
import { formatNamed } from '@lyceum/learning/formats';
import {
  architectureLayers,
  architectureParameterCount,
  knownClassesOf,
  type LayerDescription,
  parseSettingsJson,
  settingsJson,
  settingsOnSet,
  teacherIdentity,
} from '@lyceum/learning/models';
import type { RunSpecification } from '@lyceum/learning/specification';
import { type Problem, toLyceumError } from '@lyceum/proto';
import type { PinnedTeacher, RunStore } from '../runs/index.js';
import type { ArtifactCatalog, KnownModel } from './artifact-catalog.js';
import type { DatasetOutline } from './inspect-artifact.js';
import {
  accessProblems,
  architectureProblems,
  otherSetProblems,
  seesNothing,
  sizeProblems,
  studentProblems,
  teacherProblems,
} from './model-problems.js';

export interface NamedTeacher extends Pick<PinnedTeacher, 'name' | 'weight'> {
  readonly model: string;
  /** Absent: what the model's settings say. */
  readonly modality?: string | undefined;
  /** Absent: as much as the model gives, as for measuring it. */
  readonly access?: PinnedTeacher['access'];
}

/** Paths of the fields that name model and modality, for problems. */
interface TeacherPaths {
  readonly model: string;
  readonly modality: string;
}

export interface FoundStudent {
  /** Undefined: the set's only one. */
  readonly modality: string | undefined;
  /** SHA-256 of the package that the student starts from. */
  readonly modelDigest?: string;
  /** Shape of the samples that the student sees; undefined: not known. */
  readonly sampleShape?: readonly number[];
  /** Undefined: they are not known. */
  readonly layers?: readonly LayerDescription[];
}

/** Finds the models and sets that a document names. What it does not find it adds to the problems. */
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
    signal?: AbortSignal,
  ): Promise<
    { reference: { digest: string; path?: string }; outline: DatasetOutline } | undefined
  > {
    if (typeof named === 'object') {
      const reference = { digest: named.digest.slice('sha256:'.length), path: named.path };
      const outline = await this.#orProblem(path, () => this.#catalog.dataset(reference, signal));
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

  /**
   * A set, if it is known, as a model sees it.
   *
   * @param path - of the field that names the modality.
   */
  seen(
    path: string,
    dataset: DatasetOutline | undefined,
    modality: string | undefined,
  ): Dataset | undefined {
    if (dataset === undefined) return undefined;
    try {
      return seenDataset(dataset, modality);
    } catch (err) {
      this.problems.push({ path, message: toLyceumError(err).message });
      return undefined;
    }
  }

  /** A model as a teacher of `dataset`, if that is known. */
  async teacher(
    { model: path, modality }: TeacherPaths,
    named: NamedTeacher,
    dataset: DatasetOutline | undefined,
  ): Promise<PinnedTeacher | undefined> {
    const model = await this.model(path, named.model);
    if (model === undefined) return undefined;
    const own = parseSettingsJson(JSON.stringify(model.settings));
    let settings = named.modality === undefined ? own : { ...own, modality: named.modality };
    const { engine, answersByName } = formatNamed(model.format);
    const { access = model.classesOnly === true ? 'black' : 'white' } = named;
    this.problems.push(...accessProblems(path, named, model));
    let known: number[] | undefined;
    if (model.recordedDataset !== undefined) {
      this.problems.push(...otherSetProblems(path, model.recordedDataset, dataset));
      if (named.modality !== undefined) this.problems.push(seesNothing(modality));
    } else {
      const seen = this.seen(modality, dataset, settings.modality);
      if (seen !== undefined) {
        const problems = teacherProblems(path, model, settings, seen);
        this.problems.push(...problems);
        if (problems.length === 0 && answersByName !== true) {
          known = knownClassesOf(settings, seen);
          settings = settingsOnSet(settings, seen);
        }
      }
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
      ...(known !== undefined && { knownClasses: known }),
      ...(model.reads !== undefined && { reads: model.reads }),
    };
  }

  /** A student as it begins, on `dataset`, if that is known. */
  async student(
    named: RunSpecification['spec']['student'],
    dataset: DatasetOutline | undefined,
  ): Promise<FoundStudent> {
    const at = 'spec.student.modality';
    if (!('model' in named.model)) {
      const { modality } = named;
      const seen = this.seen(at, dataset, modality);
      if (seen === undefined) return { modality };
      const layers = architectureLayers(named.model, seen.sampleShape, seen.classCount);
      const parameterCount = architectureParameterCount(
        named.model,
        seen.sampleShape,
        seen.classCount,
      );
      this.problems.push(
        ...architectureProblems(named.model.architecture, layers, seen),
        ...sizeProblems('spec.student.model', parameterCount),
      );
      return { modality, layers, sampleShape: seen.sampleShape };
    }
    const path = 'spec.student.model.model';
    const model = await this.model(path, named.model.model);
    if (model === undefined) return { modality: named.modality };
    const settings = parseSettingsJson(JSON.stringify(model.settings));
    const modality = named.modality ?? settings.modality;
    const seen = this.seen(at, dataset, modality);
    if (seen !== undefined) this.problems.push(...studentProblems(path, model, settings, seen));
    this.problems.push(...sizeProblems(path, model.parameterCount));
    const { digest: modelDigest, layers } = model;
    return { modality, modelDigest, layers, ...(seen && { sampleShape: seen.sampleShape }) };
  }

  /** The layers of a model that was found before. */
  async layersOf(modelDigest: string): Promise<readonly LayerDescription[]> {
    return (await this.#catalog.model(modelDigest)).layers;
  }

  /** The id of a run whose student the report's table will show: it must not have failed, and have the same set. */
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
