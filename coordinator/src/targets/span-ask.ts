/** What a run asks one of its teachers for in a span. Pure. */
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { viewAt } from '@lyceum/learning/views';
import type { DatasetOutline } from '../artifacts/index.js';
import { orderOf, type RunRecord, teacherOutputs } from '../runs/index.js';
import { type SpanGrid, spanAt } from '../schedule/index.js';
import { type Ask, askFor } from '../tickets/asks/index.js';
import type { SpanSamples } from './span-samples.js';

export interface AskingRun {
  readonly record: RunRecord;
  readonly spec: DistillationSpecification['spec'];
  readonly dataset: DatasetOutline;
  readonly grid: SpanGrid;
  readonly samples: SpanSamples;
}

/** @param teacher - the teacher's index in the ensemble. */
export function spanAsk(
  { record, spec, dataset, grid, samples }: AskingRun,
  teacher: number,
  span: number,
): Ask {
  const at = spanAt(grid, span);
  const content = {
    teacherIdentity: record.teachers[teacher]?.identity ?? '',
    split: 'train',
    view: viewAt(spec.views, at.epoch),
    order: orderOf(record),
    span: at,
    outputs: teacherOutputs(record, teacher),
  } as const;
  return askFor(dataset, content, samples.ofSpan(span));
}
