/**
 * From a specification to a run record: looks up what it names, pins it, and says everything that is wrong
 * with it at once. What a specification can get wrong by itself was found before; here it meets the cluster.
 */
import { type AnswerCodec, codecProblem } from '@lyceum/learning/codecs';
import { splitSamples } from '@lyceum/learning/datasets';
import { chosenCodec, fitNumberCount, needsFit, ruleOf } from '@lyceum/learning/ensemble';
import { parseSettingsJson } from '@lyceum/learning/models';
import { targetNeed } from '@lyceum/learning/objectives';
import { labelledMask, type StepPlan, stepPlan } from '@lyceum/learning/orders';
import { type RunSpecification, specificationDigest } from '@lyceum/learning/specification';
import {
  baselineRunId,
  FIT_MAX_NUMBERS,
  InvalidDocumentError,
  NAME_MAX_LENGTH,
  type Problem,
} from '@lyceum/proto';
import {
  type ArtifactCatalog,
  ArtifactLookup,
  type DatasetOutline,
  type RemoteModels,
} from '../artifacts/index.js';
import {
  hasOwnBaseline,
  missingMethods,
  newRunRecord,
  type PinnedFeature,
  pluginDigestOf,
  type RunRecord,
  type RunStore,
  requireStorable,
} from '../runs/index.js';
import { planFeatures } from './plan-features.js';
import { orderProblems, plannedOrder } from './plan-order.js';
import { planTeachers } from './plan-teachers.js';
import {
  batchProblems,
  knownClassesProblems,
  unchangedProblems,
  unseenViews,
} from './problems/index.js';

export interface RunPlanRequest {
  readonly runId: string;
  readonly specification: RunSpecification;
  readonly nowMs: number;
  /** Aborts once the caller has gone. */
  readonly signal: AbortSignal;
}

/**
 * @returns the record of a new run, not stored yet.
 * @throws {InvalidDocumentError} naming every field that does not fit the cluster.
 */
export async function planRun(
  { runId, specification, nowMs, signal }: RunPlanRequest,
  catalog: ArtifactCatalog,
  runs: RunStore,
  remoteModels: RemoteModels,
): Promise<RunRecord> {
  const problems: Problem[] = [];
  const lookup = new ArtifactLookup(catalog, runs, problems);
  const { spec } = specification;

  const dataset = await lookup.dataset('spec.dataset', spec.dataset, signal);
  const { teachers, layers } = await planTeachers(
    specification,
    dataset?.outline,
    lookup,
    remoteModels,
  );
  const student = await lookup.student(spec.student, dataset?.outline);
  let features: PinnedFeature[] = [];
  if (specification.kind === 'Distillation') {
    const layered = { teachers: layers, student: student.layers };
    const planned = planFeatures(specification.spec, layered);
    features = planned.features;
    problems.push(...planned.problems, ...unchangedProblems(specification.spec, teachers));
  }
  const related = relatedRuns(runId, specification, lookup, dataset?.outline);
  if (dataset !== undefined) {
    const settings = teachers.map(({ settingsJson }) => parseSettingsJson(settingsJson));
    const modalities = [student, ...settings].map(({ modality }) => modality);
    problems.push(...unseenViews(spec.views, dataset.outline, modalities));
    if (specification.kind === 'Distillation' && teachers.length === layers.length) {
      problems.push(...knownClassesProblems(specification.spec, teachers, dataset.outline));
    }
  }
  problems.push(...missingMethods(specification));
  const counted = dataset && countSamples(specification, dataset.outline, problems);
  const answerCodec = dataset && answerCodecOf(specification, dataset.outline, problems);
  if (dataset !== undefined) problems.push(...orderProblems(specification, dataset.outline));
  let sampleOrder: RunRecord['sampleOrder'];
  if (dataset !== undefined && counted !== undefined) {
    const { reference, outline } = dataset;
    const facts = { ...counted, dataset: { ...reference, ...outline }, teachers, features };
    sampleOrder = plannedOrder(specification, outline, facts);
    const { sampleShape } = student;
    if (sampleShape !== undefined) {
      problems.push(...batchProblems(specification, { ...facts, sampleOrder }, sampleShape));
    }
  }
  if (problems.length > 0 || dataset === undefined || counted === undefined) {
    throw new InvalidDocumentError(`run ${runId}`, problems);
  }
  const pluginDigest = pluginDigestOf(specification);
  const record = newRunRecord({
    runId,
    sequence: runs.nextSequence(),
    leaderEpoch: runs.leaderEpoch,
    specification,
    specificationDigest: specificationDigest(specification),
    dataset: { ...dataset.reference, classCount: dataset.outline.classCount },
    teachers,
    features,
    ...(pluginDigest !== undefined && { pluginDigest }),
    ...(student.modelDigest !== undefined && { studentModelDigest: student.modelDigest }),
    ...(student.modality !== undefined && { studentModality: student.modality }),
    ...related,
    ...counted,
    ...(sampleOrder !== undefined && { sampleOrder }),
    ...(answerCodec !== undefined && { answerCodec }),
    submittedAtMs: nowMs,
  });
  requireStorable(record);
  return record;
}

type Related = Pick<RunRecord, 'baselineRunId' | 'allLabelsRunId'>;

function relatedRuns(
  runId: string,
  specification: RunSpecification,
  lookup: ArtifactLookup,
  dataset: DatasetOutline | undefined,
): Related {
  if (specification.kind !== 'Distillation') return {};
  const { baseline, references } = specification.spec.student;
  const related: Related = {};
  if (baseline === 'train') {
    related.baselineRunId = baselineRunId(runId);
    if (related.baselineRunId.length > NAME_MAX_LENGTH) {
      const longest = NAME_MAX_LENGTH - (related.baselineRunId.length - runId.length);
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
    const rule =
      specification.kind === 'Distillation' ? ruleOf(specification.spec.ensemble) : undefined;
    if (rule?.needsLabels && labelledTrainCount < train.length) {
      problems.push({
        path: 'spec.ensemble.combine',
        message: `${rule.name} needs the label of every training sample, and spec.labels leaves ${labelledTrainCount} of ${train.length}; entropy needs none`,
      });
    }
    problems.push(...fitProblems(specification, dataset), ...topKProblems(specification, dataset));
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

/** The codec of a distillation's answers. */
function answerCodecOf(
  specification: RunSpecification,
  { classCount }: DatasetOutline,
  problems: Problem[],
): AnswerCodec | undefined {
  if (specification.kind !== 'Distillation') return undefined;
  const problem = codecProblem(specification.spec.answers.codec, classCount);
  if (problem !== undefined) problems.push(problem);
  return chosenCodec(specification.spec, classCount);
}

/** What keeps the rule of the ensemble from being fitted. */
function fitProblems(specification: RunSpecification, dataset: DatasetOutline): Problem[] {
  if (specification.kind !== 'Distillation') return [];
  const { ensemble, teachers } = specification.spec;
  if (!needsFit(ensemble)) return [];
  const path = `spec.ensemble.${ensemble.calibrate === true ? 'calibrate' : 'combine'}`;
  const problems: Problem[] = [];
  const heldOut = splitSamples(dataset, 'validation');
  if (!heldOut.some((sample) => (dataset.labels[sample] as number) >= 0)) {
    const message =
      'is fitted on the validation split of spec.dataset, where no sample has a label; combine: entropy needs none';
    problems.push({ path, message });
  }
  const { classCount } = dataset;
  const numberCount = fitNumberCount(ensemble, teachers.length, classCount);
  if (numberCount > FIT_MAX_NUMBERS) {
    const message = `is fitted with ${numberCount} numbers for ${teachers.length} teachers and ${classCount} classes, and a run keeps ${FIT_MAX_NUMBERS}; combine: mixture-em needs ${teachers.length}`;
    problems.push({ path, message });
  }
  return problems;
}

/** What keeps terms from taking the most probable classes. */
function topKProblems({ kind, spec }: RunSpecification, { classCount }: DatasetOutline): Problem[] {
  if (kind !== 'Distillation') return [];
  return spec.objective.flatMap((term, index) => {
    const need = targetNeed(term, spec.ensemble);
    if (need?.kind !== 'top-k') return [];
    const path = `spec.objective[${index}].k`;
    if (need.count > classCount) {
      return [{ path, message: `is ${need.count}, and spec.dataset has ${classCount} classes` }];
    }
    const { batchSize } = spec.training;
    const numbers = batchSize * need.count * classCount;
    if (numbers <= TOP_K_MAX_NUMBERS) return [];
    const message = `takes ${numbers} numbers a step with spec.training.batchSize: ${batchSize} and ${classCount} classes; want at most ${TOP_K_MAX_NUMBERS}: lower either, or use term: kd`;
    return [{ path, message }];
  });
}

/** A step's table of rows, kept classes and classes; 512 MiB. */
const TOP_K_MAX_NUMBERS = 2 ** 27;
