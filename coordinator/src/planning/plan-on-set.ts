/** The part of a run's plan that depends on its set: samples, their order, and how answers are stored. Pure. */
import { type AnswerCodec, codecProblem } from '@lyceum/learning/codecs';
import { splitSamples } from '@lyceum/learning/datasets';
import { chosenCodec, ruleOf } from '@lyceum/learning/ensemble';
import { parseSettingsJson } from '@lyceum/learning/models';
import { labelledMask, type StepPlan, stepPlan } from '@lyceum/learning/orders';
import type { RunSpecification } from '@lyceum/learning/specification';
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import type { DatasetOutline, FoundStudent } from '../artifacts/index.js';
import { hasOwnBaseline, type RunRecord } from '../runs/index.js';
import { orderProblems, plannedOrder } from './plan-order.js';
import {
  batchProblems,
  fitProblems,
  knownClassesProblems,
  topKProblems,
  unseenViews,
} from './problems/index.js';

/** The run's set, found in the catalog. */
interface FoundSet {
  readonly reference: Pick<RunRecord['dataset'], 'digest' | 'path'>;
  readonly outline: DatasetOutline;
}

interface PlannedParts {
  readonly teachers: RunRecord['teachers'];
  /** Whether all teachers that the specification names were found. */
  readonly areAllFound: boolean;
  readonly features: RunRecord['features'];
  readonly student: Pick<FoundStudent, 'modality' | 'sampleShape'>;
}

/** @returns undefined if there is nothing to train on: the reasons are added to `problems`. */
export function planOnSet(
  specification: RunSpecification,
  { reference, outline }: FoundSet,
  { teachers, areAllFound, features, student }: PlannedParts,
  problems: Problem[],
): (Counted & Pick<RunRecord, 'sampleOrder' | 'answerCodec'>) | undefined {
  const settings = teachers.map(({ settingsJson }) => parseSettingsJson(settingsJson));
  const modalities = [student, ...settings].map(({ modality }) => modality);
  problems.push(...unseenViews(specification.spec.views, outline, modalities));
  if (specification.kind === 'Distillation' && areAllFound) {
    problems.push(...knownClassesProblems(specification.spec, teachers, outline));
  }
  const counted = countSamples(specification, outline, problems);
  const answerCodec = answerCodecOf(specification, outline, problems);
  problems.push(...orderProblems(specification, outline));
  if (counted === undefined) return undefined;
  const facts = { ...counted, dataset: { ...reference, ...outline }, teachers, features };
  const sampleOrder = plannedOrder(specification, outline, facts);
  const { sampleShape } = student;
  if (sampleShape !== undefined) {
    problems.push(...batchProblems(specification, { ...facts, sampleOrder }, sampleShape));
  }
  return {
    ...counted,
    ...(sampleOrder !== undefined && { sampleOrder }),
    ...(answerCodec !== undefined && { answerCodec }),
  };
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
