/**
 * How the answers of a table were asked for. Only the same spans of the same orders repeat the same inference, row for
 * row, and so give the same bits. Pure.
 */
import { mulberry32 } from '@lyceum/learning/arrays';
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import {
  measuredSamples,
  measuredTrainOrder,
  type OrderKey,
  type Span,
} from '@lyceum/learning/orders';
import { IDENTITY_VIEW, viewAt } from '@lyceum/learning/views';
import type { AnswerOutput, AnswerTableKey } from '../../answers/index.js';
import type { DatasetOutline } from '../../artifacts/index.js';
import {
  gridOf,
  orderOf,
  ownAnswer,
  type PinnedTeacher,
  type RunRecord,
  teacherOutputs,
} from '../../runs/index.js';
import { type SpanGrid, spanAt, spanOfStep } from '../../schedule/index.js';
import { splitGrid } from '../../tickets/index.js';

/** A run's questions to a teacher, as far as records tell. */
export interface AnswerOrigin {
  /** The run that asks at these positions. */
  readonly runId: string;
  readonly teacher: PinnedTeacher;
  readonly dataset: RunRecord['dataset'];
  readonly split: SplitName;
  readonly order: OrderKey | undefined;
  readonly outputs: readonly AnswerOutput[];
  readonly spans: readonly Span[];
}

/** The runs that asked for answers of the table, the earliest first. */
export function answerOrigins(
  key: AnswerTableKey,
  runs: readonly RunRecord[],
  dataset: DatasetOutline,
): AnswerOrigin[] {
  const asking = runs
    .filter((run) => run.dataset.digest === key.datasetDigest)
    .sort((a, b) => a.sequence - b.sequence);
  return asking.flatMap((run) => {
    const index = run.teachers.findIndex(({ identity }) => identity === key.teacherIdentity);
    const teacher = run.teachers[index];
    if (teacher === undefined) return [];
    const base = { runId: run.runId, teacher, dataset: run.dataset };
    return [...trainingOrigins(key, run, index), ...splitOrigins(key, teacher, dataset)].map(
      (origin) => ({
        ...base,
        ...origin,
      }),
    );
  });
}

type Asked = Pick<AnswerOrigin, 'split' | 'order' | 'outputs' | 'spans'>;

/** What a run asks a teacher for its student, in the first epoch of the table's view. */
function trainingOrigins(key: AnswerTableKey, run: RunRecord, teacher: number): Asked[] {
  const { specification, plan } = run;
  if (specification.kind !== 'Distillation') return [];
  const { views } = specification.spec;
  const epoch = key.viewEpoch;
  const view = viewAt(views, epoch);
  const outputs = teacherOutputs(run, teacher);
  const isAsked = outputs.some(
    ({ name, codec }) => name === key.outputs.join() && codec === key.codec,
  );
  const isSeen = view.text === key.view && epoch * plan.stepsPerEpoch < plan.stepCount;
  if (!isAsked || !isSeen || view.epoch !== epoch) return [];
  const grid = gridOf(run);
  const spans = spansOf(grid).filter((span) => span.epoch === epoch);
  return [{ split: 'train', order: orderOf(run), outputs, spans }];
}

/** What fits, evaluations and reports ask. */
function splitOrigins(
  key: AnswerTableKey,
  { access }: PinnedTeacher,
  dataset: DatasetOutline,
): Asked[] {
  const own = ownAnswer(access, dataset.classCount, 'float32');
  const isAsked =
    key.view === IDENTITY_VIEW.text && key.codec === own.codec && key.outputs.join() === own.name;
  if (!isAsked) return [];
  const splits: SplitName[] = ['train', 'validation', 'test'];
  const outputs = [own];
  const whole = splits
    .filter((split) => splitSamples(dataset, split).length > 0)
    .map((split) => {
      const spans = spansOf(splitGrid(dataset, split));
      return { split, order: undefined, outputs, spans };
    });
  const measuredGrid = splitGrid(dataset, 'train', measuredSamples(dataset, 'train').length);
  const measured = { split: 'train', order: measuredTrainOrder(dataset), outputs } as const;
  return [...whole, { ...measured, spans: spansOf(measuredGrid) }];
}

function spansOf(grid: SpanGrid): Span[] {
  const count = spanOfStep(grid, grid.plan.stepCount - 1) + 1;
  return Array.from({ length: count }, (_, index) => spanAt(grid, index));
}

/** The items in an order that the seed fixes. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return items
    .map((item, index) => ({ item, at: mulberry32(seed, index) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
