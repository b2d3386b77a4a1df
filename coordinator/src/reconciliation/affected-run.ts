/** Finds what of a run is made of answers that were dropped. Pure. */
import { splitSamples } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { DatasetOutline } from '../artifacts/index.js';
import type { SuspectSamples } from '../health/index.js';
import { orderOf, ownAnswer, type RunRecord, teacherOutputs } from '../runs/index.js';
import { firstAffectedStep, viewKey } from '../schedule/index.js';

/**
 * How a run uses the dropped answers: its first step that is made of one, whether its fitted rule is made of them,
 * and how many of the dropped answers it uses.
 */
export interface Affected {
  readonly step: number | undefined;
  readonly isFit: boolean;
  readonly count: number;
}

/** @param teacher - the teacher's index in the run. */
export function affectedBy(
  record: RunRecord,
  teacher: number,
  dataset: DatasetOutline,
  dropped: readonly SuspectSamples[],
): Affected {
  const { specification, plan, teachers, fit } = record;
  if (specification.kind !== 'Distillation') return { step: undefined, isFit: false, count: 0 };
  const { views } = specification.spec;
  const outputs = teacherOutputs(record, teacher);
  const ofTraining = dropped.filter(({ key }) =>
    outputs.some(({ name, codec }) => key.outputs.join() === name && key.codec === codec),
  );
  const samples = new Map<string, Set<number>>();
  for (const { key, samples: some } of ofTraining) {
    const view = viewKey({ text: key.view, epoch: key.viewEpoch });
    const ofView = samples.get(view) ?? new Set();
    for (const sample of some) ofView.add(sample);
    samples.set(view, ofView);
  }
  const step = firstAffectedStep(
    {
      plan,
      order: orderOf(record),
      samples: splitSamples(dataset, 'train'),
      chunkEnds: dataset.chunkEnds,
      viewOf: (epoch) => viewAt(views, epoch),
    },
    samples,
  );
  const exact = ownAnswer(teachers[teacher]?.access, dataset.classCount, 'float32');
  const ofSplits = dropped.filter(
    ({ key }) =>
      key.view === IDENTITY_VIEW.text &&
      key.outputs.join() === exact.name &&
      key.codec === exact.codec,
  );
  const validation = new Set(splitSamples(dataset, 'validation'));
  const isFit =
    fit !== undefined &&
    ofSplits.some(({ samples: some }) => [...some].some((sample) => validation.has(sample)));
  const all = new Set([...(step === undefined ? [] : ofTraining), ...ofSplits]);
  return { step, isFit, count: countOf([...all]) };
}

export function countOf(dropped: readonly SuspectSamples[]): number {
  return dropped.reduce((sum, { samples }) => sum + samples.size, 0);
}
