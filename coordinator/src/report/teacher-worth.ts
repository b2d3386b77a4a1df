/** How much a run's ensemble loses without each of its teachers, from the report's own answers. Pure. */
import {
  type EnsembleAnswers,
  fitOf,
  type LeftOneOut,
  leaveOneOut,
  ruleText,
} from '@lyceum/learning/ensemble';
import type { Report } from '../documents/index.js';
import type { ReportInput, TeacherEvaluation } from './report-input.js';
import { rowEnsemble } from './row-ensemble.js';

type Worth = NonNullable<Report['worth']>;

/** Greatest number of pooled probabilities: at 50 ns each, under a minute of one core. Above it there is no table. */
const POOLED_MAX = 1e9;

/** Null: there are fewer than two teachers, or the computation would take too long. */
export function teacherWorth({
  specification,
  teachers,
  splits,
  dataset: { classCount },
  fit = {},
}: ReportInput): Worth | null {
  if (specification.kind !== 'Distillation') return null;
  const { teachers: members, combination } = rowEnsemble(specification);
  const chosen = members.map((k) => teachers[k] as TeacherEvaluation);
  const sampleCount = splits.validation.labels.length + splits.test.labels.length;
  const pooled = chosen.length ** 2 * sampleCount * classCount;
  if (chosen.length < 2 || pooled > POOLED_MAX) return null;
  const of = (split: 'validation' | 'test'): EnsembleAnswers => ({
    combination,
    fit: fitOf(fit, members),
    classCount,
    teachers: chosen.map(({ weight, knownClasses, logits }) => ({
      weight,
      knownClasses,
      logits: logits[split],
      heldOutLogits: logits.validation,
    })),
    labels: splits[split].labels,
    heldOutLabels: splits.validation.labels,
  });
  const names = chosen.map(({ name }) => name);
  return {
    rule: ruleText(combination),
    validation: splitWorth(names, leaveOneOut(of('validation'))),
    test: splitWorth(names, leaveOneOut(of('test'))),
  };
}

function splitWorth(names: readonly string[], left: LeftOneOut | undefined): Worth['test'] {
  if (left === undefined) return null;
  const { sampleCount, all, without } = left;
  return {
    sampleCount,
    ...all,
    teachers: names.map((name, k) => {
      const own = without[k];
      if (own === undefined || 'missing' in own) return { name, loss: null, missing: own?.missing };
      return { name, loss: own };
    }),
  };
}
