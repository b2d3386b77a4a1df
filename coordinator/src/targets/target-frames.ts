/** Cuts combined targets and features into frames, combining as much as one frame holds at a time. */
import { targetRowShape } from '@lyceum/learning/ensemble';
import { elementCount, FRAME_BYTES, float32Tensor, type TargetFrame } from '@lyceum/proto';
import { type CombineRequest, type DataThreads, storedRows } from '../data-plane/index.js';
import type { PieceFigures } from './piece-figures.js';

/** A teacher's features, which go to the student as they are. */
interface FeatureRows {
  readonly name: string;
  readonly rowShape: readonly number[];
  /** [rowCount, ...rowShape] */
  readonly values: Float32Array;
}

export interface TargetRows extends CombineRequest {
  readonly features: readonly FeatureRows[];
  readonly epoch: number;
  readonly firstPosition: number;
  /** Absent: no history of these steps is kept. */
  readonly figures?: PieceFigures | undefined;
}

/**
 * The frames of some rows of a target, each of at most {@link FRAME_BYTES} unless a single row is longer. The caller
 * must not change the rows before the last frame is there.
 */
export async function* targetFrames(
  rows: TargetRows,
  data: Pick<DataThreads, 'combine'>,
): AsyncGenerator<TargetFrame, void, undefined> {
  const { plan, classCount, rowCount, features } = rows;
  const shapes = plan.tensors.map((tensor) => targetRowShape(tensor, classCount));
  const rowLength = [...shapes, ...features.map(({ rowShape }) => rowShape)].reduce(
    (sum, shape) => sum + elementCount(shape),
    0,
  );
  const rowsPerFrame = Math.max(1, Math.floor(FRAME_BYTES / (4 * rowLength)));
  for (let first = 0; first < rowCount; first += rowsPerFrame) {
    const count = Math.min(rowsPerFrame, rowCount - first);
    const { tensors, disagreements } = await data.combine(rowsOf(rows, first, count));
    yield {
      epoch: rows.epoch,
      firstPosition: rows.firstPosition + first,
      tensors: [
        ...plan.tensors.map(({ name }, i) =>
          float32Tensor(name, [count, ...(shapes[i] as number[])], tensors[i] as Float32Array),
        ),
        ...features.map((feature) => featureSlice(feature, first, count)),
      ],
      figures: rows.figures?.add(count, disagreements) ?? [],
    };
  }
}

function rowsOf(rows: CombineRequest, first: number, count: number): CombineRequest {
  const { plan, teachers, rowCount, classCount, labels, fit } = rows;
  return {
    plan,
    teachers: teachers.map(
      (stored) => stored && storedRows(stored, rowCount, first, first + count),
    ),
    rowCount: count,
    classCount,
    labels: labels?.slice(first, first + count),
    fit,
  };
}

function featureSlice({ name, rowShape, values }: FeatureRows, first: number, count: number) {
  const rowLength = elementCount(rowShape);
  // A copy: a frame may still wait to be sent when the buffers take the next answers.
  const slice = values.slice(first * rowLength, (first + count) * rowLength);
  return float32Tensor(name, [count, ...rowShape], slice);
}
