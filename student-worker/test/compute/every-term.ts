/**
 * Every term that asks teachers, as a run has it, with real targets. Tests of what holds for all terms use this list.
 */
import { type Dataset, encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { combineTargets, targetPlan } from '@lyceum/learning/ensemble';
import { TERMS } from '@lyceum/learning/objectives';
import {
  checkRunSpecification,
  type DistillationSpecification,
} from '@lyceum/learning/specification';
import { syntheticSet } from './synthetic-set.js';

export interface TermCase {
  readonly title: string;
  readonly specification: DistillationSpecification;
}

const TEACHERS = ['a', 'b', 'c'];
const CLASS_COUNT = 3;
/** 42 of its samples train, 16 a batch: the last batch of each epoch has 10 rows. Every fourth sample has no label. */
export const dataset: Dataset = parseDataset(encodeDataset(syntheticSet(60, 4)));
export const BATCH_ROWS = [16, 10];

const OF_ANSWERS = TERMS.filter(
  (term) =>
    term.of === 'answers' && !term.ofPlugin && term.settings.safeParse({ term: term.name }).success,
);

const CASES: readonly (readonly [terms: readonly object[], ensemble?: object])[] = [
  [[{ term: 'kd', standardize: true }]],
  [[{ term: 'kd' }], { combine: 'aekd' }],
  [[{ term: 'kd', temperature: 2, teachers: ['a', 'c'] }, { term: 'vote' }], { combine: 'aekd' }],
  [[{ term: 'kd' }], { combine: 'aekd', bound: 0.1 }],
  [[{ term: 'dkd', standardize: true }]],
  [[{ term: 'soft-ce', temperature: 2 }]],
  [[{ term: 'kl-forward', temperature: 2 }]],
  [[{ term: 'kl-reverse' }], { combine: 'geometric' }],
  [[{ term: 'mse-logits', center: true, reduction: 'half-sum-classes' }]],
  [[{ term: 'topk-kd', k: 2 }]],
  [[{ term: 'topk-kd', k: 2, tail: 'uniform', temperature: 2 }]],
  [[{ term: 'topk-kd', k: 2, tail: 'renorm', temperature: 2 }]],
  [[{ term: 'topk-kd', k: 2, tail: 'truncated' }]],
  [[{ term: 'hard-label', smoothing: 0.1 }]],
  [[{ term: 'vote', mode: 'hard' }]],
  [[{ term: 'kd', teachers: ['a', 'b'] }, { term: 'vote' }]],
  // All terms that have defaults, with their defaults.
  ...OF_ANSWERS.map(({ name }) => [[{ term: name }]] as const),
];

/** @param more - terms to add to each case. */
export function everyTerm(more: readonly object[] = []): TermCase[] {
  return CASES.map(([terms, ensemble = {}]) => {
    const document = {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'test' },
      spec: {
        dataset: 'set',
        teachers: TEACHERS.map((name) => ({ name, model: name })),
        ensemble,
        student: { model: { architecture: 'mlp', hiddenUnits: [8], dropout: 0.3 } },
        objective: [...terms, ...more],
        training: { batchSize: 16, epochs: 1000, clipNorm: 5 },
      },
    };
    const specification = checkRunSpecification(document, 'test');
    if (specification.kind !== 'Distillation') throw new Error('want a distillation');
    return { title: JSON.stringify([...terms, ensemble]).slice(1, -1), specification };
  });
}

/** Targets of a step by name, from teachers that differ from one another and from step to step. */
export function targetsOf(
  { spec }: DistillationSpecification,
  rowCount: number,
  step: number,
): Map<string, Float32Array> {
  const plan = targetPlan(spec);
  const teacherLogits = TEACHERS.map((_, k) =>
    Float32Array.from(
      { length: rowCount * CLASS_COUNT },
      (_, i) => 3 * Math.sin(12.9898 * (i + 1) + 7.3 * k + 0.9 * step),
    ),
  );
  const values = combineTargets(plan, { teacherLogits, rowCount, classCount: CLASS_COUNT });
  return new Map(
    plan.tensors.map(({ name }, index) => [name, values[index] ?? new Float32Array()]),
  );
}
