/**
 * Works out a request for a run's targets from the run's record: which steps of which plan, at which temperature,
 * from which teachers. Pure.
 */
import {
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  type SplitName,
  splitSamples,
} from '@lyceum/learning/datasets';
import {
  type TargetTensor as PlannedTensor,
  ruleText,
  targetPlan,
  targetRowShape,
} from '@lyceum/learning/ensemble';
import { batchSpan, labelledMask, type Span, stepPlan } from '@lyceum/learning/orders';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { mixupOf, type ViewAt, viewAt } from '@lyceum/learning/views';
import { LyceumError, Split, type StreamTargetsRequest, TargetOutline } from '@lyceum/proto';
import type { DatasetOutline } from '../artifacts/index.js';
import {
  awaitsFit,
  type Contributors,
  foreignPlugin,
  gridOf,
  orderOf,
  type RunRecord,
  type TargetTensorShape,
  targetTensors,
} from '../runs/index.js';
import { spanOfStep } from '../schedule/index.js';
import { type Slice, sliceOf } from './reader-worlds.js';
import { type BatchSettings, HARD_LABELS } from './target-batches.js';

export interface TargetOrder {
  /** The run's record, with the steps and the temperature of the request. */
  readonly record: RunRecord;
  readonly spec: DistillationSpecification['spec'];
  readonly split: SplitName;
  readonly firstStep: number;
  readonly slice: Slice;
  /** For a run with a quorum, if its own order is asked for: the contributors of every span of the steps. */
  readonly contributors: Contributors | undefined;
}

/** Epochs are numbers of 32 bits, and an epoch has at least one step. */
const MAX_STEPS = 2 ** 32;

/** The same limit as in the specification. */
const MAX_TEMPERATURE = 1000;

/**
 * @param decided - contributors by span, of a run with a quorum.
 * @throws {LyceumError} as `TargetService.StreamTargets` does.
 */
export function targetOrder(
  request: StreamTargetsRequest,
  run: RunRecord,
  dataset: DatasetOutline,
  decided: Contributors | undefined,
): TargetOrder {
  const { runId, specification } = run;
  if (specification.kind !== 'Distillation') {
    throw refused(`run ${runId} has no targets: it asks no teacher`);
  }
  const foreign = foreignPlugin(run);
  if (foreign !== undefined) throw refused(`run ${runId}: ${foreign}`);
  if (awaitsFit(run)) {
    const message = `the rule of run ${runId} has not been fitted yet; ask again once it is in TRAINING`;
    throw refused(message);
  }
  const slice = sliceOf(request);
  const split = splitOf(request.split);
  const spec = atTemperature(specification.spec, request.temperature, runId);
  const plan = split === 'train' ? run.plan : splitPlan(run, dataset, split);
  const endStep = request.endStep || plan.stepCount;
  const { firstStep } = request;
  const last = split === 'train' ? MAX_STEPS : plan.stepCount;
  if (firstStep > endStep || endStep > last) {
    const of = split === 'train' ? `run ${runId}` : `the ${split} split`;
    throw wrong(`steps: want 0 ≤ first ≤ end ≤ ${last} of ${of}, got ${firstStep} and ${endStep}`);
  }
  const record = {
    ...run,
    specification: { ...specification, spec },
    plan: { ...plan, stepCount: endStep },
  };
  if (plannedTensors(record, spec, split).length === 0) {
    throw refused(`run ${runId} has no targets of ${split}: no term of it needs any`);
  }
  const contributors = split === 'train' ? decided : undefined;
  if (contributors !== undefined) requireDecided(record, firstStep, contributors);
  return { record, spec, split, firstStep, slice, contributors };
}

function splitOf(number: Split): SplitName {
  if (number === Split.SPLIT_UNSPECIFIED) return 'train';
  const name = SPLIT_NAMES.find((split) => SPLIT_NUMBERS[split] === number);
  if (name === undefined) throw wrong(`split: want train, validation or test, got ${number}`);
  return name;
}

/** Each sample once, in batches of the run's batch size. */
function splitPlan({ plan }: RunRecord, dataset: DatasetOutline, split: SplitName) {
  const sampleCount = splitSamples(dataset, split).length;
  return stepPlan({ sampleCount, batchSize: plan.batchSize, epochs: 1 });
}

/** The specification with `temperature` for all its terms; 0: unchanged. */
function atTemperature(
  spec: TargetOrder['spec'],
  temperature: number,
  runId: string,
): TargetOrder['spec'] {
  if (temperature === 0) return spec;
  if (!(temperature > 0 && temperature <= MAX_TEMPERATURE)) {
    throw wrong(`temperature: want a number from 0 to ${MAX_TEMPERATURE}, got ${temperature}`);
  }
  const objective = spec.objective.map((term) =>
    'temperature' in term ? { ...term, temperature } : term,
  ) as typeof spec.objective;
  const changed = { ...spec, objective };
  const isOne = (tensor: PlannedTensor) =>
    tensor.kind === 'pooled' && tensor.temperature === temperature;
  if (targetPlan(changed).tensors.some(isOne)) return changed;
  const message = `run ${runId} has no target that a temperature could change: none of its terms has a tempered pool`;
  throw wrong(message);
}

/** A student elsewhere decides on no contributors: its targets have the contributors of the run's own student. */
function requireDecided(record: RunRecord, firstStep: number, decided: Contributors): void {
  const { plan, runId } = record;
  if (firstStep >= plan.stepCount) return;
  const grid = gridOf(record);
  for (let span = spanOfStep(grid, firstStep); span < grid.spanCount; span++) {
    if (decided.has(span)) continue;
    const message = `run ${runId} may go on without teachers that are late (quorum), and who contributes to all of these steps is not decided: ask for steps that its student has taken`;
    throw refused(message);
  }
}

/** The positions in the first epoch of the request; undefined: the request has no steps. */
export function firstSpan({ record, firstStep }: TargetOrder): Span | undefined {
  const { plan } = record;
  if (firstStep >= plan.stepCount) return undefined;
  const { epoch, firstPosition } = batchSpan(plan, firstStep);
  const endOfEpoch = Math.min((epoch + 1) * plan.stepsPerEpoch, plan.stepCount);
  const last = batchSpan(plan, endOfEpoch - 1);
  const positionCount = last.firstPosition + last.positionCount - firstPosition;
  return { epoch, firstPosition, positionCount };
}

export function batchSettings(order: TargetOrder, dataset: DatasetOutline): BatchSettings {
  const { record, spec, split, slice, contributors } = order;
  const grid = gridOf(record);
  const everybody = [...record.teachers.keys()];
  return {
    plan: record.plan,
    dataset,
    split,
    slice,
    order: split === 'train' ? orderOf(record) : undefined,
    labelled: labelledMask(dataset, spec.labels),
    viewOf: (epoch) => viewAt(split === 'train' ? spec.views : undefined, epoch),
    contributorsOf: (step) => contributors?.get(spanOfStep(grid, step)) ?? everybody,
  };
}

export function targetOutline(order: TargetOrder, dataset: DatasetOutline): TargetOutline {
  const { record, spec, split, firstStep } = order;
  const { plan, teachers, runId, specificationDigest } = record;
  const view = batchSettings(order, dataset).viewOf(Math.floor(firstStep / plan.stepsPerEpoch));
  return TargetOutline.create({
    runId,
    specificationDigest,
    datasetDigest: dataset.digest,
    teachers: teachers.map(({ name, identity, access, weight }) => ({
      name,
      identity,
      access,
      weight,
    })),
    rule: ruleText(spec.ensemble),
    codec: split === 'train' ? (record.answerCodec ?? '') : 'float32',
    view: view.text,
    split: SPLIT_NUMBERS[split] as Split,
    sampleCount: plan.sampleCount,
    batchSize: plan.batchSize,
    stepsPerEpoch: plan.stepsPerEpoch,
    firstStep,
    endStep: plan.stepCount,
    tensors: tensorsOf(order, dataset, view),
    classNames: [...dataset.classNames],
    blockPositions: split === 'train' ? orderOf(record).blockPositions : undefined,
  });
}

/** Only the train split has features of inner layers: reports ask for none. */
function plannedTensors(
  record: RunRecord,
  spec: TargetOrder['spec'],
  split: SplitName,
): readonly TargetTensorShape[] {
  if (split === 'train') return targetTensors(record);
  const { classCount } = record.dataset;
  return targetPlan(spec).tensors.map((tensor) => ({
    name: tensor.name,
    rowShape: targetRowShape(tensor, classCount),
  }));
}

/** The tensors of each batch. */
function tensorsOf(
  { record, spec, split }: TargetOrder,
  dataset: DatasetOutline,
  view: ViewAt,
): TargetOutline['tensors'] {
  const { classCount } = dataset;
  const own = plannedTensors(record, spec, split);
  const mixed = mixupOf(dataset, view) && { name: HARD_LABELS, rowShape: [classCount] };
  return [...own, ...(mixed ? [mixed] : [])].map(({ name, rowShape }) => ({
    name,
    rowShape: [...rowShape],
  }));
}

function refused(message: string): LyceumError {
  return new LyceumError('FAILED_PRECONDITION', message);
}

function wrong(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
