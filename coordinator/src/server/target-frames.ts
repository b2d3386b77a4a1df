/** Cuts combined targets and features into frames, combining as much as one frame holds at a time. */
import { FRAME_BYTES, float32Tensor, type TargetFrame } from '@lyceum/proto';
import type { CombineRequest, Combiner } from './combiner.js';

/** A teacher's features, which go to the student as they are. */
export interface FeatureRows {
  readonly name: string;
  readonly rowShape: readonly number[];
  /** [rowCount, ...rowShape] */
  readonly values: Float32Array;
}

export interface TargetRows extends CombineRequest {
  readonly features: readonly FeatureRows[];
  readonly epoch: number;
  readonly firstPosition: number;
}

/**
 * The frames of some rows of a target, each of at most {@link FRAME_BYTES} unless a single row is longer.
 * The rows must stay as they are until the last one is there.
 */
export async function* targetFrames(
  rows: TargetRows,
  combiner: Combiner,
): AsyncGenerator<TargetFrame, void, undefined> {
  const { plan, classCount, rowCount, features } = rows;
  const featureLength = features.reduce((sum, { values }) => sum + values.length / rowCount, 0);
  const rowBytes = 4 * (plan.tensors.length * classCount + featureLength);
  const rowsPerFrame = Math.max(1, Math.floor(FRAME_BYTES / rowBytes));
  for (let first = 0; first < rowCount; first += rowsPerFrame) {
    const count = Math.min(rowsPerFrame, rowCount - first);
    const slices = rows.teacherLogits.map((logits) =>
      logits.subarray(first * classCount, (first + count) * classCount),
    );
    const combined = await combiner.combine({
      plan,
      teacherLogits: slices,
      teacherWeights: rows.teacherWeights,
      rowCount: count,
      classCount,
      labels: rows.labels.slice(first, first + count),
      fit: rows.fit,
    });
    yield {
      epoch: rows.epoch,
      firstPosition: rows.firstPosition + first,
      tensors: [
        ...plan.tensors.map(({ name }, i) =>
          float32Tensor(name, [count, classCount], combined[i] as Float32Array),
        ),
        ...features.map((feature) => featureSlice(feature, first, count)),
      ],
    };
  }
}

function featureSlice({ name, rowShape, values }: FeatureRows, first: number, count: number) {
  const rowLength = rowShape.reduce((product, n) => product * n, 1);
  const slice = values.subarray(first * rowLength, (first + count) * rowLength);
  return float32Tensor(name, [count, ...rowShape], slice);
}
