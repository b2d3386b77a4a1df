/**
 * From a specification to a run record: looks up what it names, pins it, and says everything that is wrong
 * with it at once. What a specification can get wrong by itself was found before; here it meets the cluster.
 */
import {
  labelledMask,
  parseSettingsJson,
  type StepPlan,
  settingsJson,
  splitSamples,
  stepPlan,
  teacherIdentity,
} from '@lyceum/learning/data';
import {
  InvalidDocumentError,
  LyceumError,
  type Problem,
  type RunSpecification,
  specificationDigest,
  toLyceumError,
} from '@lyceum/proto';
import type { ArtifactCatalog, KnownModel } from './artifact-catalog.js';
import { baselineRunId, hasOwnBaseline } from './baseline-run.js';
import type { DatasetOutline } from './inspect-artifact.js';
import type { PinnedTeacher, RunRecord } from './run-record.js';
import type { RunStore } from './run-store.js';

/** What runs the models: part of a teacher's identity, since another engine gives other bits. */
const MODEL_ENGINE = 'tfjs-layers';

export interface RunPlanRequest {
  readonly runId: string;
  readonly specification: RunSpecification;
  readonly nowMs: number;
}

/**
 * @returns the record of a new run, not stored yet.
 * @throws {InvalidDocumentError} naming every field that does not fit the cluster.
 */
export async function planRun(
  { runId, specification, nowMs }: RunPlanRequest,
  catalog: ArtifactCatalog,
  runs: RunStore,
): Promise<RunRecord> {
  const problems: Problem[] = [];
  const lookup = new Lookup(catalog, runs, problems);
  const { spec } = specification;

  const dataset = await lookup.dataset(spec.dataset);
  const teachers: PinnedTeacher[] = [];
  if (specification.kind === 'Distillation') {
    for (const [index, teacher] of specification.spec.teachers.entries()) {
      const path = `spec.teachers[${index}].model`;
      const model = await lookup.model(path, teacher.model);
      if (model === undefined) continue;
      if (dataset !== undefined) problems.push(...modelProblems(path, model, dataset.outline));
      const settings = parseSettingsJson(JSON.stringify(model.settings));
      teachers.push({
        name: teacher.name,
        identity: teacherIdentity(model.digest, settings, MODEL_ENGINE),
        modelDigest: model.digest,
        settingsJson: settingsJson(settings),
        weight: teacher.weight,
        parameterCount: model.parameterCount,
        weightBytes: model.weightBytes,
      });
    }
  }
  let studentModelDigest: string | undefined;
  if ('model' in spec.student.model) {
    const path = 'spec.student.model.model';
    const model = await lookup.model(path, spec.student.model.model);
    if (model !== undefined && dataset !== undefined) {
      problems.push(...modelProblems(path, model, dataset.outline));
    }
    studentModelDigest = model?.digest;
  }
  const related = relatedRuns(runId, specification, lookup, dataset?.outline);
  const counted = dataset && countSamples(specification, dataset.outline, problems);
  if (problems.length > 0 || dataset === undefined || counted === undefined) {
    throw new InvalidDocumentError(`run ${runId}`, problems);
  }
  return {
    runId,
    sequence: runs.nextSequence(),
    attempt: 1,
    leaderEpoch: runs.leaderEpoch,
    state: 'QUEUED',
    reason: '',
    specification,
    specificationDigest: specificationDigest(specification),
    dataset: { ...dataset.reference, classCount: dataset.outline.classCount },
    teachers,
    ...(studentModelDigest !== undefined && { studentModelDigest }),
    ...related,
    ...counted,
    studentFailureCount: 0,
    submittedAtMs: nowMs,
    startedAtMs: 0,
    endedAtMs: 0,
    trainingSinceMs: 0,
    trainingMs: 0,
    studentWorkers: [],
    teacherWorkers: [],
  };
}

/** What keeps a model from being asked about, or trained on, the samples of a set. */
export function modelProblems(
  path: string,
  model: Pick<KnownModel, 'inputShape' | 'classCount'>,
  dataset: Pick<DatasetOutline, 'sampleShape' | 'classCount'>,
): Problem[] {
  const problems: Problem[] = [];
  if (model.classCount !== undefined && model.classCount !== dataset.classCount) {
    const message = `has ${model.classCount} classes, and the data set has ${dataset.classCount}`;
    problems.push({ path, message });
  }
  const values = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  const { inputShape } = model;
  if (inputShape !== undefined && values(inputShape) !== values(dataset.sampleShape)) {
    const message = `takes inputs of shape [${inputShape}], and the samples have [${dataset.sampleShape}]`;
    problems.push({ path, message });
  }
  return problems;
}

type Related = Pick<RunRecord, 'baselineRunId' | 'allLabelsRunId'>;

function relatedRuns(
  runId: string,
  specification: RunSpecification,
  lookup: Lookup,
  dataset: DatasetOutline | undefined,
): Related {
  if (specification.kind !== 'Distillation') return {};
  const { baseline, references } = specification.spec.student;
  const related: Related = {};
  if (baseline === 'train') {
    related.baselineRunId = baselineRunId(runId);
    if (related.baselineRunId.length > RUN_ID_MAX_LENGTH) {
      const longest = RUN_ID_MAX_LENGTH - (related.baselineRunId.length - runId.length);
      lookup.problems.push({
        path: 'spec.student.baseline',
        message: `names its run ${related.baselineRunId}, which is too long; at most ${longest} letters for this run's id`,
      });
    }
  } else if (baseline !== 'none') {
    related.baselineRunId = lookup.run('spec.student.baseline', baseline, dataset);
  }
  if (references.studentAllLabels !== undefined) {
    const path = 'spec.student.references.studentAllLabels';
    related.allLabelsRunId = lookup.run(path, references.studentAllLabels, dataset);
  }
  return related;
}

export const RUN_ID_MAX_LENGTH = 63;

interface Counted {
  readonly labelledTrainCount: number;
  readonly plan: StepPlan;
}

function countSamples(
  specification: RunSpecification,
  dataset: DatasetOutline,
  problems: Problem[],
): Counted | undefined {
  const { spec } = specification;
  for (const split of ['validation', 'test'] as const) {
    if (splitSamples(dataset, split).length > 0) continue;
    problems.push({ path: 'spec.dataset', message: `has no samples in its ${split} split` });
  }
  try {
    const train = splitSamples(dataset, 'train');
    const mask = labelledMask(dataset, spec.labels);
    const labelledTrainCount = train.reduce((n, sample) => n + (mask[sample] ?? 0), 0);
    const trainsOn = specification.kind === 'Distillation' ? train.length : labelledTrainCount;
    if (trainsOn === 0) {
      problems.push({
        path: 'spec.dataset',
        message: 'has no labelled samples in its train split',
      });
      return undefined;
    }
    const needsLabels =
      specification.kind === 'Distillation' && specification.spec.ensemble.combine === 'ca-mkd';
    if (needsLabels && labelledTrainCount < train.length) {
      problems.push({
        path: 'spec.ensemble.combine',
        message: `ca-mkd needs the label of every training sample, and spec.labels leaves ${labelledTrainCount} of ${train.length}; entropy needs none`,
      });
    }
    if (labelledTrainCount === 0 && hasOwnBaseline({ specification })) {
      const message = 'trains on labels alone, and no sample of the train split has one';
      problems.push({ path: 'spec.student.baseline', message });
    }
    const { batchSize, epochs, steps } = spec.training;
    const plan = stepPlan({ sampleCount: trainsOn, batchSize, epochs, steps });
    return { labelledTrainCount, plan };
  } catch (err) {
    if (!(err instanceof InvalidDocumentError)) throw err;
    problems.push(...err.problems);
    return undefined;
  }
}

/** Finds what a specification names; what it does not find it adds to the problems. */
class Lookup {
  readonly problems: Problem[];
  readonly #catalog: ArtifactCatalog;
  readonly #runs: RunStore;

  constructor(catalog: ArtifactCatalog, runs: RunStore, problems: Problem[]) {
    this.#catalog = catalog;
    this.#runs = runs;
    this.problems = problems;
  }

  async dataset(
    named: string | { readonly path: string; readonly digest: string },
  ): Promise<
    { reference: { digest: string; path?: string }; outline: DatasetOutline } | undefined
  > {
    const path = 'spec.dataset';
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

/** @throws {LyceumError} INVALID_ARGUMENT */
export function checkRunId(runId: string): void {
  if (/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(runId)) return;
  const rule = `lower-case letters, digits, dashes and dots, at most ${RUN_ID_MAX_LENGTH}, no dash or dot at the ends`;
  throw new LyceumError('INVALID_ARGUMENT', `"${runId}" is no run id; want ${rule}`);
}
